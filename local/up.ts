import pino from "pino";
import { startApi } from "../api/process";
import type { Config } from "../config/env";
import { migrate } from "../db/migrate";
import { startWorker } from "../worker/process";
import type { Ready } from "./data-folder";
import { startServices } from "./services";
import type { Services } from "./services";

type Report = (line: string) => void;

/** What must end within 10 s of a SIGTERM has this long for its own end; the servers need up to 2 s after it. */
const patienceMs = 7_000;

export type Up = { readonly ready: Ready; stop(): Promise<void> };

/**
 * Everything in one process: the servers, the migrations, worker and api. `log` is where api and worker log to (stderr
 * by default).
 */
export async function bringUp(config: Config, report: Report, log?: string): Promise<Up> {
  const services = await startServices(config, report);
  try {
    const treeline = await startTreeline(config, services, report, log);
    services.announce(treeline.ready);
    return {
      ready: treeline.ready,
      async stop() {
        await treeline.stop();
        await services.stop();
      },
    };
  } catch (error) {
    await services.stop();
    throw error;
  }
}

/** Worker and api on servers that run already. */
export async function startTreeline(config: Config, services: Services, report: Report, logFile?: string): Promise<Up> {
  const { databaseUrl, databaseDirectUrl, temporalAddress, temporalUiUrl, temporalFresh } = services;
  await migrate(databaseUrl, report);
  const log = pino({ level: config.logLevel }, pino.destination({ dest: logFile ?? 2, mkdir: true }));
  const shared = { config, databaseUrl, databaseDirectUrl, temporalAddress, log };
  report("starting worker and api");
  const worker = await startWorker({ ...shared, temporalFresh });
  try {
    const api = await startApi({ ...shared, temporalUiUrl, client: worker.client }).catch(explainPort);
    services.temporalSettled();
    const stop = async () => {
      await api.stop();
      await worker.stop();
    };
    return {
      ready: { api: api.url, temporal: temporalAddress, temporalUi: temporalUiUrl, postgres: databaseUrl },
      stop: () => withPatience(stop(), report),
    };
  } catch (error) {
    await worker.stop();
    throw error;
  }
}

function explainPort(error: unknown): never {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  throw new Error("The API's port is taken: set PORT to another one, or stop what listens there", { cause: error });
}

async function withPatience(stopping: Promise<void>, report: Report): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      report(`api and worker have not ended within ${patienceMs / 1_000} s: going on without them`);
      resolve();
    }, patienceMs);
  });
  await Promise.race([stopping, tooLong]);
  clearTimeout(timer);
}
