import { join } from "node:path";
import { freePort } from "../../local/ports";
import { atEnd } from "../local/cleanup"; // before the database: what was registered first is undone first
import { testFolder } from "../local/folders";
import { testDatabase } from "../support/database";
import { testTemporal } from "../support/temporal";
import { lineOf, startCommand, type Ended, type Environment } from "./command";

export type RunningTreeline = {
  /** Where `treeline up` runs, for other commands to find it by. */
  readonly env: { readonly TREELINE_DATA_DIR: string };
  readonly api: string;
  /** Runs a command against it. */
  treeline(...args: string[]): Promise<Ended>;
  /** Asks its API, without a process for each question. */
  ask(path: string, body?: unknown): Promise<unknown>;
};

/**
 * `treeline up` on the run's Postgres and Temporal, with a database and a task queue of its own. After the file's tests it is
 * ended as Ctrl-C does; an end that is not clean fails the file.
 */
export async function startRunning(variables: Environment = {}): Promise<RunningTreeline> {
  const { url } = await testDatabase();
  const { address, taskQueue } = await testTemporal();
  const env = { TREELINE_DATA_DIR: join(testFolder(), "data") };
  const up = startCommand(["up"], {
    ...env,
    PORT: String(await freePort()),
    DATABASE_URL: url,
    TEMPORAL_ADDRESS: address,
    TREELINE_TASK_QUEUE: taskQueue,
    ...variables,
  });
  atEnd(async () => {
    up.child.kill("SIGINT");
    expect(await up.ended).toMatchObject({ code: 0 });
  });
  const ready = await lineOf(up, (line) => line.startsWith("ready "));
  const { api } = JSON.parse(ready.slice("ready ".length)) as { api: string };
  return {
    env,
    api,
    treeline: (...args) => startCommand(args, env).ended,
    async ask(path, body) {
      const headers = { "content-type": "application/json" };
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers };
      return await (await fetch(`${api}${path}`, init)).json();
    },
  };
}
