import pino from "pino";
import { readConfig } from "../config/env";
import { startApi } from "./process";

/** The production entry: the API on the Postgres and the Temporal that the environment names. */
async function main(): Promise<void> {
  const config = readConfig();
  const { databaseUrl, temporalAddress } = config;
  if (!databaseUrl || !temporalAddress) throw new Error("the API needs DATABASE_URL and TEMPORAL_ADDRESS");
  const log = pino({ level: config.logLevel, name: "api" });
  const api = await startApi({
    config,
    databaseUrl,
    databaseDirectUrl: config.databaseDirectUrl ?? databaseUrl,
    temporalAddress,
    temporalUiUrl: config.temporalUiUrl,
    log,
  });
  log.info({ url: api.url }, "api listens");
  const stop = (signal: string) => {
    log.info({ signal }, "stopping");
    api.stop().then(
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
