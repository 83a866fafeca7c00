import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../config/env";
import type { Config } from "../../config/env";
import { atEnd } from "./cleanup";

/** A data folder, removed after the test; as root, the user `postgres` can enter it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "treeline-local-"));
  chmodSync(folder, 0o755);
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything embedded, on free ports. */
export function localConfig(dataDir: string): Config {
  return { ...readConfig(), databaseUrl: null, temporalAddress: null, postgresPort: null, temporalPort: null, dataDir };
}
