import type { CompiledGraph } from "./compile";
import type { Emission } from "./definition";
import type { NodeExecutionId } from "./ids";
import type { JsonObject } from "./json";

/** An INCOMPLETE node execution: what its links have brought so far, by full sink pin name. */
export type Waiting = { readonly id: NodeExecutionId; readonly nodeId: string; readonly inputs: JsonObject };

export type Pending = {
  /** By sink node, oldest first. */
  readonly waiting: ReadonlyMap<string, readonly Waiting[]>;
  /** Frozen inputs of the most recently queued execution of each sink that has static pins. */
  readonly lastQueued: ReadonlyMap<string, JsonObject>;
};

/** A node execution whose inputs are complete and frozen. With a `problem` it can never run: it fails at once with it. */
export type Ready = {
  readonly id: NodeExecutionId;
  readonly nodeId: string;
  readonly inputs: JsonObject;
  readonly problem: string | null;
};

export type Delivery = { readonly pending: Pending; readonly ready: readonly Ready[] };

/** Ids come from the caller, so that the planner itself has no randomness. */
export type Mint = () => NodeExecutionId;

/** Total: the same graph, pending inputs, emission and ids give the same delivery, on any machine, in any year. */
export function deliver(_graph: CompiledGraph, _pending: Pending, _nodeId: string, _emission: Emission, _mint: Mint): Delivery {
  throw new Error("being written");
}

/** Node executions an execution begins with: nodes without inbound links and all input nodes; notes never start. */
export function start(_graph: CompiledGraph, _inputs: JsonObject, _mint: Mint): Delivery {
  throw new Error("being written");
}
