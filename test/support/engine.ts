import { readFileSync } from "node:fs";
import pino from "pino";
import type { Block } from "../../blocks/block";
import { readConfig } from "../../config/env";
import { startWorker } from "../../worker/process";
import { testDatabase } from "./database";
import { openEngine } from "./open-engine";
import { testTemporal } from "./temporal";

/** Without its close: that is for whoever has started it. */
export type Engine = Omit<Awaited<ReturnType<typeof startEngine>>, typeof Symbol.asyncDispose>;

/** Everything but HTTP, on a database and a task queue of the running test. With LOG_LEVEL set its log shows. */
export async function startEngine({
  blocks = [],
  env = {},
}: { blocks?: readonly Block[]; env?: NodeJS.ProcessEnv } = {}) {
  const { url: databaseUrl } = await testDatabase();
  const { address: temporalAddress, taskQueue, workflowBundle } = await testTemporal();
  const config = { ...readConfig(env), taskQueue };
  const log = pino({ level: process.env["LOG_LEVEL"] ?? "silent" });
  const worker = await startWorker({
    config,
    databaseUrl,
    databaseDirectUrl: databaseUrl,
    temporalAddress,
    log,
    blocks,
    workflowBundle: { code: readFileSync(workflowBundle.codePath, "utf8") },
  });
  const places = { perOwner: config.rootsPerOwner, perGraph: config.rootsPerGraph };
  const engine = await openEngine({ databaseUrl, client: worker.client, taskQueue, eager: true, places, blocks, log });
  return {
    ...engine,
    url: databaseUrl,
    taskQueue,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await worker.stop();
    },
  };
}
