import { readFileSync } from "node:fs";
import pino from "pino";
import { readConfig } from "../../config/env";
import { freePort } from "../../local/ports";
import { startWorker } from "../../worker/process";
import { startHeldServer } from "../e2e/held-server";
import { runMain } from "../e2e/programs";
import { testDatabase } from "../support/database";
import { ownerId } from "../support/factory";
import { openEngine } from "../support/open-engine";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { node } from "../unit/graph/fixtures";
import { treeOf } from "./trees";

const log = pino({ level: "silent" });

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** A database and a task queue on which programs run that may be killed. */
export async function openStage() {
  const { url: databaseUrl } = await testDatabase();
  const { address, taskQueue, client, workflowBundle } = await testTemporal();
  const server = await startHeldServer();
  const engine = await openEngine({ databaseUrl, client, taskQueue, eager: false, log });
  const closes: (() => Promise<unknown>)[] = [() => server.close(), () => engine[Symbol.asyncDispose]()];
  const variables = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: address,
    TREELINE_TASK_QUEUE: taskQueue,
    TREELINE_HTTP_ALLOW_PRIVATE: "true",
  };
  return {
    ...engine,
    taskQueue,
    server,
    /** Starts a tree of 1 + 2 executions; resolves when a node runs in both leaves. */
    async startHeld() {
      const ask = node("ask", "SendWebRequest", { method: "GET", url: `${server.url}/held` });
      const root = await engine.start(await engine.save(treeOf([2], [ask])));
      await until(server.held, (held) => held.length === 2);
      return root;
    },
    /** A worker that dies at this point of a stop; without one it is the program of production. */
    async runWorker(failPoint?: string) {
      const worker = failPoint
        ? runMain("test/e2e/failing.ts", { ...variables, TREELINE_PROGRAM: "worker", TREELINE_FAIL_POINT: failPoint })
        : runMain("worker/main.ts", variables);
      await worker.said("worker polls");
      return worker;
    },
    async runApi(failPoint?: string) {
      const port = await freePort();
      const own = { ...variables, PORT: String(port) };
      const api = failPoint
        ? runMain("test/e2e/failing.ts", { ...own, TREELINE_PROGRAM: "api", TREELINE_FAIL_POINT: failPoint })
        : runMain("api/main.ts", own);
      await api.said("api listens");
      const post = (path: string) =>
        fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers: { "X-Treeline-Owner": ownerId } });
      return { ...api, post };
    },
    /** A worker in this process, which takes over. */
    async replaceWorker() {
      const worker = await startWorker({
        config: { ...readConfig({ TREELINE_HTTP_ALLOW_PRIVATE: "true" }), taskQueue },
        databaseUrl,
        databaseDirectUrl: databaseUrl,
        temporalAddress: address,
        log,
        workflowBundle: { code: readFileSync(workflowBundle.codePath, "utf8") },
      });
      closes.push(() => worker.stop());
    },
    async [Symbol.asyncDispose]() {
      for (const close of closes.reverse()) await close();
    },
  };
}
