import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { readConfig } from "../../config/env";
import type { Config } from "../../config/env";
import { migrate } from "../../db/migrate";
import { startDatabase, startServices } from "../../local/services";
import { findTemporalCli } from "../../local/temporal-cli";
import { bundleWorkflows } from "../../worker/bundle";
import { testVariable, testVariables } from "./variables";

const stops: (() => Promise<void>)[] = [];
const report = (line: string) => void process.stderr.write(`${line}\n`);

/** Postgres with a migrated template database, once for each run of jest. */
export async function ensurePostgres(): Promise<void> {
  if (process.env[testVariables.postgres]) return;
  const service = await startDatabase(testConfig(), report);
  stops.push(() => service.stop());
  const template = "treeline_template";
  const admin = new Client({ connectionString: service.url });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const url = new URL(service.url);
  url.pathname = template;
  await migrate(url.href);
  process.env[testVariables.postgres] = service.url;
  process.env[testVariables.template] = template;
}

/** The dev server and the bundle of the workflows, once for each run of jest. */
export async function ensureTemporal(): Promise<void> {
  if (process.env[testVariables.temporal]) return;
  const config = testConfig();
  const { path: temporalCliPath } = await findTemporalCli(config, report);
  // what tests start by themselves then need not look for it
  process.env["TEMPORAL_CLI_PATH"] = temporalCliPath;
  const databaseUrl = testVariable("postgres");
  const services = await startServices({ ...config, temporalCliPath, databaseUrl }, report);
  stops.push(() => services.stop());
  process.env[testVariables.temporal] = services.temporalAddress;
  process.env[testVariables.bundle] = await writeBundle(config.dataDir);
}

/** Stops what was started, the last first. */
export async function stopServices(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
  for (const name of Object.values(testVariables)) delete process.env[name];
}

/**
 * Servers of our own in a folder of our own: what the shell's environment names is never touched. With TREELINE_TEST_KEEP set
 * the folder outlives the run, and with it the databases of tests that failed.
 */
function testConfig(): Config {
  const { DATABASE_URL: _url, DATABASE_DIRECT_URL: _direct, TEMPORAL_ADDRESS: _address, ...env } = process.env;
  const dataDir = mkdtempSync(join(tmpdir(), "treeline-test-"));
  chmodSync(dataDir, 0o755); // as root, Postgres runs as another user
  stops.push(async () => {
    if (env["TREELINE_TEST_KEEP"]) report(`kept: TREELINE_DATA_DIR=${dataDir} npm run dev`);
    else await rm(dataDir, { recursive: true, force: true });
  });
  return { ...readConfig(env), dataDir, postgresPort: null, temporalPort: null, temporalNamespace: "default" };
}

async function writeBundle(folder: string): Promise<string> {
  const path = join(folder, "workflows.js");
  writeFileSync(path, (await bundleWorkflows()).code);
  return path;
}
