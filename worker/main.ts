import pino from "pino";
import { readConfig } from "../config/env";
import { startWorker } from "./process";

/** The production entry: a worker on the Postgres and the Temporal that the environment names. */
async function main(): Promise<void> {
  const config = readConfig();
  const { databaseUrl, temporalAddress } = config;
  if (!databaseUrl || !temporalAddress) throw new Error("a worker needs DATABASE_URL and TEMPORAL_ADDRESS");
  const log = pino({ level: config.logLevel, name: "worker" });
  const databaseDirectUrl = config.databaseDirectUrl ?? databaseUrl;
  const worker = await startWorker({ config, databaseUrl, databaseDirectUrl, temporalAddress, log });
  log.info({ taskQueue: config.taskQueue }, "worker polls");
  const stop = (signal: string) => {
    log.info({ signal }, "stopping");
    worker.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
