import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { readConfig, type Config } from "../config/env";
import { startServices } from "../local/services";
import { describeRun } from "./header";
import { startRawTemporal } from "./raw-temporal";
import type { Sides } from "./turns";
import { startTreeline } from "./treeline";

export type Started = {
  readonly sides: Sides;
  /** When, where and with what. */
  readonly header: string;
  /** Stops both sides and the servers, and removes what they wrote. Any number of calls. */
  stop(): Promise<void>;
};

/**
 * Both sides on servers of their own in a temporary folder, whatever the environment names: one Temporal, one Postgres. Throws,
 * and leaves nothing running, if something cannot start.
 */
export async function startSides(report: (line: string) => void): Promise<Started> {
  const dataDir = mkdtempSync(join(tmpdir(), "treeline-bench-"));
  chmodSync(dataDir, 0o755); // as root, Postgres runs as another user
  const stops = [() => rm(dataDir, { recursive: true, force: true })];
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll(stops));
  try {
    const config = ownConfig(dataDir);
    const services = await startServices(config, report);
    stops.push(() => services.stop());
    report("starting both workers");
    const log = pino({ level: "error" }, pino.destination({ dest: 2, sync: true }));
    const treeline = await startTreeline(config, services, log);
    stops.push(() => treeline.stop());
    const rawTemporal = await startRawTemporal(services.temporalAddress, config.temporalNamespace);
    stops.push(() => rawTemporal.stop());
    return { sides: { treeline, rawTemporal }, header: await describeRun(services), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopAll(stops: readonly (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
}

function ownConfig(dataDir: string): Config {
  return {
    ...readConfig(),
    dataDir,
    port: 0,
    host: "127.0.0.1",
    databaseUrl: null,
    databaseDirectUrl: null,
    temporalAddress: null,
    temporalNamespace: "default",
    temporalPort: null,
    postgresPort: null,
  };
}
