import { readFileSync } from "node:fs";
import type { Client } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils";
import pino from "pino";
import { createDispatcher } from "../../api/dispatcher";
import { createEndedListener } from "../../api/ended";
import type { Block } from "../../blocks/block";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { readConfig } from "../../config/env";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { readStop, requestStop, type FenceRequest, type StopView } from "../../db/stops";
import { createWaker } from "../../db/wake";
import type { GraphDraft } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { JsonObject } from "../../graph/json";
import { isTerminal } from "../../graph/status";
import type { GraphVersion } from "../../graph/register";
import { startWorker } from "../../worker/process";
import { blockId } from "../unit/graph/fixtures";
import { testDatabase } from "./database";
import { fenceRequest, ownerId, saveGraph, startGraph } from "./factory";
import { testTemporal } from "./temporal";
import { until } from "./wait";

const longestMs = 45_000;
const outputs = [blockId("AgentOutput")];

export type HistoryEvent = {
  readonly eventId: string;
  readonly eventType: string;
  readonly [attributes: string]: unknown;
};
export type HistoryJson = { readonly events: readonly HistoryEvent[] };

async function readHistory(client: Client, workflowId: string): Promise<HistoryJson> {
  return JSON.parse(historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory())) as HistoryJson;
}

export type Engine = Awaited<ReturnType<typeof startEngine>>;

/** A worker and a dispatcher on a database and a task queue of their own; their log shows with LOG_LEVEL set. */
export async function startEngine({ blocks = [] }: { readonly blocks?: readonly Block[] } = {}) {
  const { url } = await testDatabase();
  const { address, taskQueue, workflowBundle } = await testTemporal();
  const log = pino({ level: process.env["LOG_LEVEL"] ?? "silent" });
  const shared = { databaseUrl: url, databaseDirectUrl: url, log };
  const worker = await startWorker({
    ...shared,
    config: { ...readConfig({}), taskQueue },
    temporalAddress: address,
    blocks,
    workflowBundle: { code: readFileSync(workflowBundle.codePath, "utf8") },
  });
  const db = connect(url, { max: 8 });
  const dispatcher = await createDispatcher({
    ...shared,
    db,
    client: worker.client,
    taskQueue,
    eager: true,
    wake: createWaker(db),
  });
  const ended = await createEndedListener(url);
  const catalog = catalogOf(createRegistry(blocks));

  async function read(id: ExecutionId) {
    const execution = await readExecution(db, ownerId, id, outputs);
    if (!execution) throw new Error(`no execution ${id}`);
    const byName: Record<string, unknown[]> = {};
    for (const [inputs, value] of execution.outputs) (byName[String(inputs["name"])] ??= []).push(value);
    return { ...execution, outputs: byName };
  }

  async function waitFor(id: string, isOver: () => Promise<boolean>): Promise<void> {
    if (!(await ended.waitFor(id, longestMs, isOver, new AbortController().signal)))
      throw new Error(`${id} was not over within ${longestMs} ms`);
  }

  return {
    db,
    url,
    taskQueue,
    client: worker.client,
    dispatcher,
    save: (graph: GraphDraft): Promise<GraphVersion> => saveGraph(db, graph, catalog),
    /** Records a start and hands it to Temporal. */
    async start(graph: GraphVersion, inputs: JsonObject = {}): Promise<ExecutionId> {
      const id = await startGraph(db, graph, { inputs });
      await dispatcher.startNow(id);
      return id;
    },
    /** The execution when it has ended. */
    async ended(id: ExecutionId) {
      await waitFor(id, async () => isTerminal((await read(id)).status));
      return read(id);
    },
    read,
    nodes: (id: ExecutionId, nodeId: string | null = null) =>
      listNodeExecutions(db, id, { statuses: [], nodeId }, { limit: 1_000, after: 0 }),
    /** How its workflow has closed, when it has. */
    async closed(id: ExecutionId): Promise<string> {
      const { status } = await until(
        () => worker.client.workflow.getHandle(id).describe(),
        (description) => description.status.name !== "RUNNING",
      );
      return status.name;
    },
    /** Its workflow's history, as `temporal workflow show --output json` gives it. */
    async history(id: ExecutionId): Promise<HistoryJson> {
      return readHistory(worker.client, id);
    },
    /** Types of the events in it, such as "TIMER_FIRED". */
    async eventTypes(id: ExecutionId): Promise<string[]> {
      return (await readHistory(worker.client, id)).events.map(({ eventType }) => eventType.replace("EVENT_TYPE_", ""));
    },
    /** Stops it; answers the stop when it has closed. */
    async stop(id: ExecutionId, changes: Partial<FenceRequest> = {}): Promise<StopView> {
      const stop = await requestStop(db, { ...fenceRequest, executionId: id, ownerId, ...changes });
      const stopId = stop.id;
      if (!stopId) return stop;
      dispatcher.followStop(stopId);
      await waitFor(stopId, async () => (await readStop(db, ownerId, stopId))?.status === "CLOSED");
      return (await readStop(db, ownerId, stopId)) ?? stop;
    },
    /** Workflows of the tree that are open at Temporal. */
    async open(rootId: ExecutionId): Promise<string[]> {
      const { rows } = await db.pool.query<{ id: string }>("select id from executions where root_id = $1", [rootId]);
      const descriptions = await Promise.all(
        rows.map(({ id }) =>
          worker.client.workflow
            .getHandle(id)
            .describe()
            .catch(() => null),
        ),
      );
      return descriptions.flatMap((one) => (one?.status.name === "RUNNING" ? [one.workflowId] : []));
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.close();
      await ended.close();
      await worker.stop();
      await db.close();
    },
  };
}
