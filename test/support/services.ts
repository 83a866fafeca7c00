import { chmodSync, existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { readConfig } from "../../config/env";
import { startDatabase } from "../../local/services";

/**
 * The servers of one jest run, started by the globalSetup of the projects that need them and known to the tests by these
 * variables. One Postgres and one Temporal for all; each test has its own database and task queue in them.
 */
export const testVariables = {
  postgres: "TREELINE_TEST_POSTGRES",
  template: "TREELINE_TEST_TEMPLATE",
} as const;

const stops: (() => Promise<void>)[] = [];
const report = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Own servers in an own folder: a cluster or database that the shell's environment names is never touched. With TREELINE_TEST_KEEP set the
 * folder outlives the run, and with it the databases of tests that failed.
 */
function testConfig() {
  const { DATABASE_URL: _database, DATABASE_DIRECT_URL: _direct, TEMPORAL_ADDRESS: _temporal, ...env } = process.env;
  const dataDir = mkdtempSync(join(tmpdir(), "treeline-test-"));
  chmodSync(dataDir, 0o755); // as root, Postgres runs as another user
  stops.push(async () => {
    if (env["TREELINE_TEST_KEEP"]) report(`kept: TREELINE_DATA_DIR=${dataDir} npm run dev`);
    else await rm(dataDir, { recursive: true, force: true });
  });
  return { ...readConfig(env), dataDir, postgresPort: null, temporalPort: null };
}

/** Postgres with a migrated template database, once for each run of jest. */
export async function ensurePostgres(): Promise<void> {
  if (process.env[testVariables.postgres]) return;
  const service = await startDatabase(testConfig(), report);
  stops.push(() => service.stop());
  const template = "treeline_template";
  const admin = new Client({ connectionString: service.databaseUrl });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const url = new URL(service.databaseUrl);
  url.pathname = template;
  if (existsSync(resolve(__dirname, "../../db/migrate.ts"))) {
    const { migrate } = await import(String("../../db/migrate"));
    await migrate(url.href);
  }
  process.env[testVariables.postgres] = service.databaseUrl;
  process.env[testVariables.template] = template;
}

/** Stops what was started, the last first. */
export async function stopServices(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
  for (const name of Object.values(testVariables)) delete process.env[name];
}
