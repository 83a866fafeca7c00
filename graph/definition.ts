/**
 * The words of Treeline, the same in code, SQL, API and docs.
 *
 * graph           a versioned, immutable definition: nodes, links, nested graphs
 * block           a kind of node: id, name, pins with JSON schemas, placement
 * node            a block placed in a graph, with constants for some of its pins
 * link            source node + pin to sink node + pin; an `isStatic` link keeps its last value
 * execution       one run of one graph version = one Temporal workflow; workflow id = execution id
 * node execution  one run of one node on one set of inputs
 * tree            a root execution and all its descendants (`rootId`); `ancestors` = ids from the root down to the parent
 * step            one transaction on a tree that moves it forward: results in, newly ready work out
 * outstanding     what an execution has ready or running now, read from Postgres
 * attempt token   number minted by the start of a node's attempt; a write with an older one is refused
 * fence           the committed fact that an execution (`self`) or its subtree (`subtree`) is stopped
 * stop            the resource a stop request creates: plan, deadline, phases, receipt, leftovers
 * poke            a signal without content: "look at your outstanding work again"
 * event           one fact about a tree; numbered, ordered and gapless within the tree
 */
import type { GraphId } from "./ids";
import type { Json, JsonObject, PinSchema } from "./json";

export type NodeRetry = {
  readonly attempts?: number | undefined;
  readonly firstInterval?: string | undefined;
  readonly backoff?: number | undefined;
  readonly maxInterval?: string | undefined;
  readonly nonRetryable?: readonly string[] | undefined;
};

/** A nested-graph node that runs its graph once for each item of a list. */
export type NodeMap = {
  /** The input of the nested graph that gets an item; the node takes a list there. */
  readonly pin: string;
  /** Items at a time. */
  readonly concurrency?: number | undefined;
  /** `fail` (the default): the first item that fails stops the others and fails the node; `collect`: it is an entry in the lists. */
  readonly onItemFailure?: "fail" | "collect" | undefined;
};

export type GraphNode = {
  readonly id: string;
  readonly blockId: string;
  /** By pin; a key may be a dynamic pin such as `values_#_mark`. */
  readonly constants: JsonObject;
  readonly label?: string | undefined;
  readonly position?: { readonly x: number; readonly y: number } | undefined;
  readonly retry?: NodeRetry | undefined;
  /** A duration such as "30s". */
  readonly timeout?: string | undefined;
  /** false: outputs of this node's executions are delivered as they end, not in the order they were queued. */
  readonly ordered?: boolean | undefined;
  /** Of a nested graph: `bound` (the default) to this execution, or a tree of its own that nobody waits for. */
  readonly lifecycle?: "bound" | "detached" | undefined;
  readonly map?: NodeMap | undefined;
  /** Values that win over links and constants: by pin, on a nested graph by node and pin of that graph. */
  readonly masks?: JsonObject | undefined;
  /** Kept for export; what it holds is not interpreted. */
  readonly metadata?: JsonObject | undefined;
};

export type GraphLink = {
  readonly id?: string | undefined;
  readonly sourceId: string;
  readonly sourceName: string;
  readonly sinkId: string;
  readonly sinkName: string;
  readonly isStatic: boolean;
};

export type Limits = {
  readonly depth?: number | undefined;
  readonly children?: number | undefined;
  readonly executions?: number | undefined;
  readonly nodeExecutions?: number | undefined;
  readonly iterations?: number | undefined;
  readonly runTime?: string | undefined;
};

export type GraphSettings = {
  /** Failures that pass are gone on from, up to so many times, after so long a pause. */
  readonly resurrect?: { readonly attempts?: number | undefined; readonly cooldown?: string | undefined } | undefined;
  readonly onNodeFailure?: "continue" | "stop" | undefined;
  readonly limits?: Limits | undefined;
  /** true: sensitive blocks ask before they run; false: HumanInTheLoop approves by itself. */
  readonly safeMode?: boolean | undefined;
  readonly [key: string]: unknown;
};

/** A graph as its author writes it: what POST /v1/graphs takes. */
export type GraphDraft = {
  readonly id?: string | undefined;
  readonly name: string;
  readonly description?: string | undefined;
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  readonly subGraphs?: readonly GraphDraft[] | undefined;
  readonly settings?: GraphSettings | undefined;
  /** Of an import: plain data that only an export shows again. */
  readonly kept?: JsonObject | undefined;
};

/** The graph a nested-graph node runs, with its pins as they were when the outer graph was saved (versions are immutable). */
export type NestedGraph = {
  readonly graphId: GraphId;
  readonly version: number;
  readonly inputSchema: PinSchema;
  readonly outputSchema: PinSchema;
};

/** A saved version of a graph: everything the planner needs, so that a run never looks anything up. */
export type GraphDefinition = {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  readonly settings: GraphSettings;
  readonly kept?: JsonObject | undefined;
  /** By node id, for nodes of the AgentExecutor block. */
  readonly nested: { readonly [nodeId: string]: NestedGraph };
};

/** Values by node and pin that win over what links, constants and the start bring. */
export type Masks = { readonly [nodeId: string]: JsonObject };

/** A value leaving a node by one of its output pins. */
export type Emission = { readonly pin: string; readonly value: Json };
