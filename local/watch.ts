import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../config/env";
import { startServices } from "./services";
import { run, stopOnSignal } from "./signals";

const root = join(__dirname, "..");
const rooms = ["activities", "api", "blocks", "config", "db", "graph", "worker", "workflows"];
/** An editor writes a file in several goes. */
const settleMs = 200;

/** `npm run dev:watch`: the servers stay up, api and worker start again whenever a file of theirs changes. */
run(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  let stop = async () => {};
  stopOnSignal(() => stop(), report);
  const config = readConfig();
  const services = await startServices(config, report);
  const child = keepRunning(() =>
    startChild(services.temporalFresh, {
      DATABASE_URL: services.databaseUrl,
      DATABASE_DIRECT_URL: services.databaseDirectUrl,
      TEMPORAL_ADDRESS: services.temporalAddress,
      TEMPORAL_UI_URL: services.temporalUiUrl ?? "",
    }),
  );
  services.announce({
    api: `http://${config.host}:${config.port}`,
    temporal: services.temporalAddress,
    temporalUi: services.temporalUiUrl,
    postgres: services.databaseUrl,
  });
  stop = async () => {
    await child.stop();
    services.temporalSettled();
    await services.stop();
  };
  onChange(() => {
    report("a file changed: starting api and worker again");
    child.restart();
  });
});

function startChild(isFresh: boolean, env: NodeJS.ProcessEnv): ChildProcess {
  const args = ["--import", "tsx", join(__dirname, "watch-child.ts"), ...(isFresh ? ["--fresh"] : [])];
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"], // it ends when the channel closes
  });
}

/** One child at a time; a restart that is asked for while one is under way happens once, after it. */
function keepRunning(start: () => ChildProcess) {
  let child = start();
  let isStopping = false;
  let restarting: Promise<void> | null = null;
  const end = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill("SIGTERM");
    });
  return {
    restart() {
      restarting ??= end().then(() => {
        restarting = null;
        if (!isStopping) child = start();
      });
    },
    async stop() {
      isStopping = true;
      await end();
    },
  };
}

function onChange(changed: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  for (const room of rooms.filter((name) => existsSync(join(root, name)))) {
    watch(join(root, room), { recursive: true }, (_event, file) => {
      if (!file || !/\.(ts|sql|json)$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(changed, settleMs);
    });
  }
}
