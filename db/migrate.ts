import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";

/** Any number that no other program on this database uses for an advisory lock. */
const migrationLock = 7_265_118_402;
const oldestMajor = 15;

/** The package's root: compiled files lie one folder deeper, and `tsc` copies no `.sql`. */
const packageRoot = __dirname.endsWith(join("dist", "db")) ? join(__dirname, "..", "..") : join(__dirname, "..");

/**
 * Brings the database to this version's schema: drizzle's migrations, then every function of `db/functions` (they are
 * `create or replace`, so the files are their only source). Under an advisory lock, so starters may race. Throws for a
 * Postgres older than 15.
 */
export async function migrate(databaseUrl: string, log: (line: string) => void = () => {}): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, application_name: "treeline-migrate" });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    const major = Math.floor(Number(rows[0]?.version) / 10_000);
    if (major < oldestMajor)
      throw new Error(`Treeline needs Postgres ${oldestMajor} or later, this one is ${major}: upgrade it`);
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    log("migrating the database");
    await applyMigrations(drizzle(client), { migrationsFolder: join(packageRoot, "db", "migrations") });
    await replaceFunctions(client);
    log("the database is up to date");
  } finally {
    await client.end(); // gives the lock back too
  }
}

async function replaceFunctions(client: Client): Promise<void> {
  const folder = join(packageRoot, "db", "functions");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  // Unchecked while they are made: one may call another whose file comes later.
  const unchecked = "set local check_function_bodies = off";
  await client.query(["begin", unchecked, ...texts.map((text) => text.trim().replace(/;$/, "")), "commit"].join(";\n"));
}
