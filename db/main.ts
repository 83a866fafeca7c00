import { readConfig } from "../config/env";
import { migrate } from "./migrate";

/** Brings the database of DATABASE_URL to this version's schema, and ends: what production runs before api and worker. */
async function main(): Promise<void> {
  const { databaseUrl } = readConfig();
  if (!databaseUrl) throw new Error("a migration needs DATABASE_URL");
  await migrate(databaseUrl, (line) => console.log(line));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
