import { uuidv7 } from "uuidv7";
import { catalog } from "../../blocks/catalog";
import type { Database } from "../../db/client";
import { saveGraphs } from "../../db/graphs";
import { startTree, type NewTree } from "../../db/start";
import type { NodeInsert, NodeUpdate, Unit } from "../../db/step";
import { openFence, type FenceRequest } from "../../db/stops";
import type { BlockCatalog } from "../../graph/block";
import type { GraphDraft } from "../../graph/definition";
import { parseExecutionId, parseGraphId, parseNodeExecutionId, type ExecutionId } from "../../graph/ids";
import { planRegistration, type GraphVersion } from "../../graph/register";
import { blockId } from "../unit/graph/fixtures";

export const ownerId = "ada";

export const newExecutionId = () => parseExecutionId(uuidv7());
export const newNodeId = () => parseNodeExecutionId(uuidv7());

/** Saves a graph with its subGraphs as the API does; the outer one is answered. */
export async function saveGraph(
  db: Database,
  graph: GraphDraft,
  blocks: BlockCatalog = catalog,
): Promise<GraphVersion> {
  const target = { id: parseGraphId(uuidv7()), version: 1 };
  const mintGraphId = () => parseGraphId(uuidv7());
  const plan = planRegistration(graph, { blocks, target, findGraph: () => null, mintGraphId });
  if (!plan.ok) throw new Error(JSON.stringify(plan.faults));
  await saveGraphs(
    db,
    ownerId,
    [plan.graph, ...plan.subGraphs].map((one) => ({ ...one, subGraphs: [] })),
  );
  return target;
}

/** Records a start: a QUEUED root in a tree of its own. */
export async function startGraph(db: Database, graph: GraphVersion, more: Partial<NewTree> = {}): Promise<ExecutionId> {
  const id = newExecutionId();
  await startTree(db, {
    id,
    ownerId,
    actor: ownerId,
    graphId: graph.id,
    graphVersion: graph.version,
    inputs: {},
    limits: {},
    budget: null,
    priority: 3,
    labels: {},
    ...more,
  });
  return id;
}

/** A plan for a step; without changes it writes nothing but the execution's next version. */
export function unit(executionId: ExecutionId, version: number, changes: Partial<Unit> = {}): Unit {
  return {
    executionId,
    version,
    kind: "grow",
    tokens: [],
    inserts: [],
    updates: [],
    outputs: [],
    children: [],
    relay: null,
    events: [],
    pokes: [],
    ...changes,
    execution: { open: 0, waiting: 0, failed: 0, unhandled: 0, ...changes.execution },
  };
}

/** The first step of an execution: QUEUED → RUNNING. */
export function begin(executionId: ExecutionId, changes: Partial<Unit> = {}): Unit {
  return unit(executionId, 0, {
    ...changes,
    execution: { open: 0, waiting: 0, failed: 0, unhandled: 0, ...changes.execution, status: "RUNNING", started: 1 },
    events: [{ type: "execution.started", executionId }, ...(changes.events ?? [])],
  });
}

/** A node execution that is ready to run as an activity; `queued` is its event's ordinal in the unit. */
export function queuedNode(queued: number, changes: Partial<NodeInsert> = {}): NodeInsert {
  return {
    id: newNodeId(),
    nodeId: "n",
    blockId: blockId("SendWebRequest"),
    placement: "remote",
    status: "QUEUED",
    inputs: {},
    emitted: 0,
    closed: false,
    queued,
    ...changes,
  };
}

/** The end of a node execution; `ended` is its event's ordinal in the unit. */
export function completed(id: NodeInsert["id"], ended: number, changes: Partial<NodeUpdate> = {}): NodeUpdate {
  return {
    id,
    status: "COMPLETED",
    endReason: "finished",
    emitted: 0,
    closed: true,
    ended,
    from: ["RUNNING"],
    ...changes,
  };
}

/** Begins an execution with `count` queued remote nodes; answers their ids. */
export function beginWithNodes(executionId: ExecutionId, count: number, changes: Partial<NodeInsert> = {}) {
  const inserts = Array.from({ length: count }, (_, index) => queuedNode(index + 2, changes));
  const events = inserts.map(({ id }) => ({ type: "node.queued", executionId, nodeExecutionId: id }));
  const execution = { open: count, waiting: 0, failed: 0, unhandled: 0 };
  return { unit: begin(executionId, { inserts, events, execution }), ids: inserts.map(({ id }) => id) };
}

/** Begins an execution with `count` nested graphs that are admitted at once; answers the children's ids. */
export function beginWithChildren(executionId: ExecutionId, graph: GraphVersion, count: number) {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const ids = numbers.map(newExecutionId);
  const inserts = ids.map((childExecutionId, index) =>
    queuedNode(3 * index + 2, { placement: "child", status: "RUNNING", childExecutionId, started: 3 * index + 3 }),
  );
  const children = ids.map((id, index) => ({
    id,
    parentNodeExecutionId: inserts[index]?.id ?? newNodeId(),
    graphId: graph.id,
    graphVersion: graph.version,
    inputs: {},
    masks: {},
    queued: 3 * index + 4,
  }));
  const events = ids.flatMap((id, index) => [
    { type: "node.queued", executionId, nodeExecutionId: inserts[index]?.id },
    { type: "node.started", executionId, nodeExecutionId: inserts[index]?.id },
    { type: "execution.queued", executionId: id },
  ]);
  const execution = { open: count, waiting: 0, failed: 0, unhandled: 0 };
  return {
    unit: begin(executionId, { inserts, children, events, execution }),
    ids,
    nodeIds: inserts.map(({ id }) => id),
  };
}

export const fenceRequest: Omit<FenceRequest, "executionId"> = {
  reason: null,
  requestedBy: ownerId,
  cause: "request",
  deadlineMs: 15_000,
  cascade: true,
  force: false,
};

/** Opens a fence; throws where there is none to open or to join. */
export async function fence(db: Database, executionId: ExecutionId, changes: Partial<FenceRequest> = {}) {
  const fenced = await openFence(db, { ...fenceRequest, executionId, ...changes });
  if ("because" in fenced) throw new Error(`no fence: ${fenced.because}`);
  return fenced;
}
