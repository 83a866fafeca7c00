import pino from "pino";
import { startApi } from "../../api/process";
import { readConfig } from "../../config/env";
import { startWorker } from "../../worker/process";

/*
 * A worker or an api (`TREELINE_PROGRAM`) that kills itself with SIGKILL at the point of a stop that `TREELINE_FAIL_POINT`
 * names: `after-fence`, `after-push`, `in-sweep` or `before-receipt`. Product code knows no such variable: it calls a hook.
 */
async function main(): Promise<void> {
  const { TREELINE_PROGRAM: program, TREELINE_FAIL_POINT: failPoint } = process.env;
  const config = readConfig();
  const { databaseUrl, temporalAddress, temporalUiUrl } = config;
  if (!databaseUrl || !temporalAddress) throw new Error("DATABASE_URL and TEMPORAL_ADDRESS are missing");
  const log = pino({ level: config.logLevel, name: program ?? "worker" });
  const reached = (point: string) => {
    if (point === failPoint) process.kill(process.pid, "SIGKILL");
  };
  const options = { config, databaseUrl, databaseDirectUrl: databaseUrl, temporalAddress, reached, log };
  if (program === "api") {
    const { url } = await startApi({ ...options, temporalUiUrl });
    log.info({ url }, "api listens");
  } else {
    await startWorker(options);
    log.info("worker polls");
  }
}

void main();
