import { Segment } from "../../../activities/segment";
import type { Bounds } from "../../../activities/result";
import type { Block, RemoteBlock } from "../../../blocks/block";
import { any, define, emitted, optional, pins } from "../../../blocks/pins";
import { catalogOf, createRegistry } from "../../../blocks/registry";
import { freshState, type Head, type OpenNode, type State } from "../../../db/state";
import { compileGraph } from "../../../graph/compile";
import type { GraphDraft, GraphNode } from "../../../graph/definition";
import { parseExecutionId, parseGraphId, parseNodeExecutionId, type NodeExecutionId } from "../../../graph/ids";
import type { Json } from "../../../graph/json";
import { planRegistration } from "../../../graph/register";
import { countExecutions, countGraphs } from "../graph/fixtures";

/** A remote block with one input and one output, for graphs in which results come when the test says so. */
const far: RemoteBlock = {
  definition: define({
    id: "7f1ad1d3-3a34-4f4b-9c5b-0d1c6a0a7b01",
    name: "Far",
    description: "",
    placement: "remote",
    inputSchema: pins({ in: optional(any, null, "") }),
    outputSchema: pins({ out: emitted(any, "") }),
  }),
  run: () => Promise.reject(new Error("never run here")),
};

export const farNode = (id: string): GraphNode => ({ id, blockId: far.definition.id, constants: {} });

const bounds: Bounds = { nodes: 100, milliseconds: 1_000, inputBytes: 1_000, valueBytes: 10_000, children: 10 };

export const executionId = parseExecutionId("00000000-0000-7000-8000-0000000000e1");

export const head: Head = {
  id: executionId,
  rootId: executionId,
  ownerId: "local",
  parentId: null,
  parentNodeExecutionId: null,
  item: null,
  ancestors: [],
  depth: 0,
  graphId: parseGraphId("00000000-0000-7000-8000-0000000000a1"),
  graphVersion: 1,
  status: "RUNNING",
  endReason: null,
  inputs: {},
  masks: {},
  limits: {},
  version: 4,
  open: 0,
  waiting: 0,
  unhandledFailures: 0,
  resurrections: 0,
  childExecutions: 0,
  detachedExecutions: 0,
  nodeExecutions: 0,
  lineageDepth: 0,
  isDetached: false,
  isRerun: false,
  tree: { executions: 1, nodeExecutions: 0, charge: 0, budget: null, reserved: 0 },
  firstRunId: "run",
  fence: null,
  held: false,
};

/** Ids by a small number, so that a test can name them. */
export const nodeId = (number: number): NodeExecutionId =>
  parseNodeExecutionId(`00000000-0000-7000-8000-${String(900_000 + number)}000000`);

/** A node execution of the record, queued with this number. */
export function row(queuedSeq: number, changes: Partial<OpenNode> & { readonly nodeId: string }): OpenNode {
  return {
    id: nodeId(queuedSeq),
    status: "RUNNING",
    placement: "remote",
    endReason: null,
    error: null,
    attempt: 1,
    reserved: 0,
    queuedSeq,
    emitted: changes.outputs?.length ?? 0,
    delivered: 0,
    closed: false,
    inputs: {},
    childExecutionId: null,
    wakesLeft: null,
    wakeInMs: null,
    outputs: [],
    ...changes,
  };
}

/** A row that has ended with this value on its pin `out`, not delivered yet. */
export const ended = (queuedSeq: number, of: string, value: Json): OpenNode =>
  row(queuedSeq, { nodeId: of, status: "COMPLETED", endReason: "finished", outputs: [{ pin: "out", value }] });

export type Setup = {
  readonly state?: Partial<State>;
  readonly bounds?: Partial<Bounds>;
  readonly now?: () => number;
  /** Beyond the catalogue. */
  readonly blocks?: readonly Block[];
};

/** A segment of an execution of the graph, on a hand-made state. */
export function openSegment(
  draft: GraphDraft,
  { state = {}, bounds: changed = {}, now = () => 0, blocks: more = [] }: Setup = {},
): Segment {
  const blocks = createRegistry([far, ...more]);
  const mintGraphId = countGraphs();
  let children = 0;
  const target = { id: mintGraphId(), version: 1 };
  const plan = planRegistration(draft, { blocks: catalogOf(blocks), target, findGraph: () => null, mintGraphId });
  if (!plan.ok) throw new Error(JSON.stringify(plan.faults));
  const graph = compileGraph(plan.graph.definition, catalogOf(blocks));
  const deps = {
    blocks,
    mintNode: countExecutions(),
    mintExecution: () => parseExecutionId(`00000000-0000-7000-8000-${String(++children).padStart(12, "0")}`),
    now,
    bounds: { ...bounds, ...changed },
  };
  return new Segment(deps, graph, { ...freshState(head), ...state });
}

/** What the segment writes, by node: status and inputs or the reason of its end, in the order of the rows. */
export function written(segment: Segment) {
  const unit = segment.unit();
  if (!unit) return null;
  const rows = [...unit.inserts, ...unit.updates];
  return { unit, rows, of: (id: string) => rows.find((one) => one.id === id) };
}

/** Events as "type node". */
export function eventsOf(segment: Segment): string[] {
  return (segment.unit()?.events ?? []).map(({ type, data }) => [type, data?.["nodeId"]].filter(Boolean).join(" "));
}
