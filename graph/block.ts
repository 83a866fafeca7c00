import type { Cost } from "./cost";
import type { PinSchema } from "./json";

/**
 * Where a node runs. `inline`: in the step's own process, pure and fast. `remote`: one activity for each node execution.
 * `child`: a nested graph, a child workflow. `wait`: a timer or a person; no worker slot is held.
 */
export type Placement = "inline" | "remote" | "child" | "wait";

/** What a block means to the planner beyond its pins. `note` never starts. */
export type BlockRole = "standard" | "input" | "output" | "agent" | "note";

/** A kind of node, as data: the planner, the validator and `GET /v1/blocks` read it; nothing here runs. */
export type BlockDefinition = {
  /** A UUID; for blocks of the catalogue the one that exports carry. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly placement: Placement;
  readonly role: BlockRole;
  /** Links that leave a static block keep their last value: `isStatic` becomes true when the graph is saved. */
  readonly staticOutput: boolean;
  /** Whether the block has the implicit `error` output pin. */
  readonly errorPin: boolean;
  readonly inputSchema: PinSchema;
  /** Without the implicit `error` pin. */
  readonly outputSchema: PinSchema;
  readonly cost: Cost;
  /** Its code cannot be ended by its signal: a stop waits for it, and abandons it at the deadline. Absent: it can. */
  readonly uninterruptible?: boolean;
  /** It acts on the world in a way that cannot be undone: with the graph's safe mode on, people are asked before it runs. */
  readonly sensitive?: boolean;
};

export type BlockCatalog = ReadonlyMap<string, BlockDefinition>;

export const agentExecutorBlockId = "e189baac-8c20-45a1-94a7-55177ea42565";
