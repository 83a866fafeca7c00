import type { Client } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils";
import type { Logger } from "pino";
import { createDispatcher } from "../../api/dispatcher";
import { createEndedListener } from "../../api/ended";
import type { Block } from "../../blocks/block";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { isLimited, type Places } from "../../db/places";
import { readStop, requestStop, type FenceRequest, type StopView } from "../../db/stops";
import type { NewTree } from "../../db/start";
import { createWaker } from "../../db/wake";
import type { GraphDraft } from "../../graph/definition";
import type { ExecutionId, StopId } from "../../graph/ids";
import type { JsonObject } from "../../graph/json";
import type { GraphVersion } from "../../graph/register";
import { isTerminal } from "../../graph/status";
import { blockId } from "../unit/graph/fixtures";
import { fenceRequest, ownerId, saveGraph, startGraph } from "./factory";
import { until } from "./wait";

const longestMs = 45_000;
const outputs = [blockId("AgentOutput")];

export type HistoryEvent = {
  readonly eventId: string;
  readonly eventType: string;
  readonly [attributes: string]: unknown;
};
export type HistoryJson = { readonly events: readonly HistoryEvent[] };

export type EngineOptions = {
  readonly databaseUrl: string;
  readonly client: Client;
  readonly taskQueue: string;
  /** Whether the client shares its connection with the worker. */
  readonly eager: boolean;
  readonly places?: Places | undefined;
  /** Blocks beyond the catalogue that graphs may name. */
  readonly blocks?: readonly Block[];
  readonly log: Logger;
};

/** Without its close: that is for whoever has opened it. */
export type OpenEngine = Omit<Awaited<ReturnType<typeof openEngine>>, typeof Symbol.asyncDispose>;

/** The api's side of the engine without HTTP: a dispatcher and what a test asks. Whoever opens it brings the worker. */
export async function openEngine(options: EngineOptions) {
  const { databaseUrl, client, taskQueue, eager, places, blocks = [], log } = options;
  const db = connect(databaseUrl, { max: 8 });
  const wake = createWaker(db);
  const dispatcher = await createDispatcher({
    db,
    places,
    databaseDirectUrl: databaseUrl,
    client,
    taskQueue,
    eager,
    wake,
    log,
  });
  const ended = await createEndedListener(db, databaseUrl);
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

  /** Its workflow's history, as `temporal workflow show --output json` gives it. */
  async function history(id: ExecutionId | StopId): Promise<HistoryJson> {
    return JSON.parse(historyToJSON(await client.workflow.getHandle(id).fetchHistory())) as HistoryJson;
  }

  return {
    db,
    client,
    dispatcher,
    read,
    history,
    save: (graph: GraphDraft): Promise<GraphVersion> => saveGraph(db, graph, catalog),
    /** Records a start and hands it to Temporal. */
    async start(graph: GraphVersion, inputs: JsonObject = {}, more: Partial<NewTree> = {}): Promise<ExecutionId> {
      const awaitsAdmission = places !== undefined && isLimited(places);
      const id = await startGraph(db, graph, { inputs, awaitsAdmission, ...more });
      await dispatcher.startNow(id);
      return id;
    },
    /** The execution when it has ended. */
    async ended(id: ExecutionId) {
      await waitFor(id, async () => isTerminal((await read(id)).status));
      return read(id);
    },
    nodes: (id: ExecutionId, nodeId: string | null = null) =>
      listNodeExecutions(db, id, { statuses: [], nodeId }, { limit: 1_000, after: 0 }),
    /** How its workflow has closed, when it has. */
    async closed(id: ExecutionId | StopId): Promise<string> {
      const { status } = await until(
        () => client.workflow.getHandle(id).describe(),
        (description) => description.status.name !== "RUNNING",
      );
      return status.name;
    },
    /** Types of the events of its history, such as "TIMER_FIRED". */
    async eventTypes(id: ExecutionId): Promise<string[]> {
      return (await history(id)).events.map(({ eventType }) => eventType.replace("EVENT_TYPE_", ""));
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
      const describe = ({ id }: { id: string }) =>
        client.workflow
          .getHandle(id)
          .describe()
          .catch(() => null); // it was never started
      const descriptions = await Promise.all(rows.map(describe));
      return descriptions.flatMap((one) => (one?.status.name === "RUNNING" ? [one.workflowId] : []));
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.close();
      await ended.close();
      await db.close();
    },
  };
}
