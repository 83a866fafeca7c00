import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../config/env";
import type { Config } from "../../config/env";

const folders: string[] = [];

/** A data folder for the running test, removed after it; as root, Postgres' user can enter it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "treeline-local-"));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** Everything embedded, on free ports. */
export function localConfig(dataDir: string): Config {
  return { ...readConfig(), databaseUrl: null, temporalAddress: null, postgresPort: null, temporalPort: null, dataDir };
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
