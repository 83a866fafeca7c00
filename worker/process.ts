import { Client, WorkflowNotFoundError } from "@temporalio/client";
import { NativeConnection } from "@temporalio/worker";
import type { Logger } from "pino";
import { createActivities } from "../activities/index";
import type { StopPoint } from "../activities/stop";
import { createCredentials } from "../blocks/credential";
import { catalogOf, createRegistry } from "../blocks/registry";
import { readCredentials } from "../config/credentials";
import type { Config } from "../config/env";
import { readPrices } from "../config/prices";
import { connect } from "../db/client";
import { requeueLiveRoots } from "../db/outbox";
import { createWaker } from "../db/wake";
import { priceBlocks } from "../graph/prices";
import type { Block } from "../blocks/block";
import { createAudit } from "./audit";
import { startAuditor } from "./auditor";
import { bundleWorkflows } from "./bundle";
import { createWorker } from "./create-worker";
import { watchDeadlines } from "./deadline-watch";
import { watchFences } from "./fence-watch";
import { installRuntime } from "./runtime";
import { createStopWorker } from "./stop-worker";
import { ensureSearchAttributes } from "./search-attributes";
import { createWorkflowStates } from "./workflow-states";

export type WorkerProcessOptions = {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly databaseDirectUrl: string;
  readonly temporalAddress: string;
  /** Temporal has lost its data: open executions begin again from Postgres. */
  readonly temporalFresh?: boolean;
  readonly log: Logger;
  /** Blocks beyond the built-in ones. */
  readonly blocks?: readonly Block[];
  /** Called at points of a stop; tests let the process die there. */
  readonly reached?: (point: StopPoint) => void;
  /** Bundled before; else it is done here, about 2 s. */
  readonly workflowBundle?: { code: string };
};

export type WorkerProcess = {
  /** On the worker's own connection, so that a start through it can be eager. */
  readonly client: Client;
  /** Takes no more work, lets what runs end for 3 s, hands the rest back, closes its connections. */
  stop(): Promise<void>;
};

/** Starts a worker: workflows, activities, the fence watch. Resolves when it polls. */
export async function startWorker(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { config, databaseUrl, databaseDirectUrl, temporalAddress, log } = options;
  installRuntime(log);
  const bundle = options.workflowBundle ?? bundleWorkflows();
  const db = connect(databaseUrl, { max: 30 });
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const namespace = config.temporalNamespace;
  const client = new Client({ connection, namespace });
  await ensureSearchAttributes(connection, namespace);
  const blocks = createRegistry(options.blocks);
  const wake = createWaker(db);
  const states = createWorkflowStates(client, config.taskQueue);
  const auditor = startAuditor({
    db,
    audit: createAudit({ db, states }),
    states,
    everyMs: config.auditEveryMs,
    wake,
    log,
  });
  const { record, nodes, running } = createActivities({
    db,
    blocks,
    catalog: priceBlocks(catalogOf(blocks), readPrices(config)),
    surroundings: {
      allowPrivateAddresses: config.httpAllowPrivate,
      maxFileBytes: config.maxFileBytes,
      models: config.models,
      credential: createCredentials(readCredentials(config)),
    },
    valueBytes: config.maxValueBytes,
    isChainOpen: (workflowId, firstRunId) => isChainOpen(client, workflowId, firstRunId),
    onWorkflowGone: (id) => auditor.look(id),
    wake,
    log,
  });
  if (options.temporalFresh) {
    const begunAgain = await requeueLiveRoots(db);
    if (begunAgain > 0)
      log.warn({ executions: begunAgain }, "Temporal's data is new: open executions begin again from Postgres");
  }
  const watch = await watchFences(db, databaseDirectUrl, running, log, options.reached);
  const taskQueue = config.taskQueue;
  const workflowBundle = await bundle;
  const setup = { connection, namespace, taskQueue, workflowBundle };
  const worker = await createWorker({ ...setup, activities: { ...record, ...nodes } });
  const stops = await createStopWorker({ ...setup, client, databaseUrl, reached: options.reached, log });
  const deadlines = watchDeadlines(stops.db, wake, log);
  const workers = [worker, stops.worker];
  const runs = workers.map((one) => one.run());
  for (const run of runs) run.catch((err: unknown) => log.fatal({ err }, "the worker has ended"));
  return {
    client,
    async stop() {
      for (const one of workers) if (one.getState() === "RUNNING") one.shutdown();
      await Promise.all([auditor.close(), Promise.allSettled(runs)]);
      await Promise.all([watch.close(), deadlines.close()]);
      await Promise.all([db.close(), stops.db.close()]);
      await connection.close();
    },
  };
}

async function isChainOpen(client: Client, workflowId: string, firstRunId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId, firstRunId).describe()).status.name === "RUNNING";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
