import type { Usage } from "../blocks/block";
import type { RecordedError } from "../db/schema";
import type { Emission } from "../graph/definition";
import type { NodeExecutionId } from "../graph/ids";
import type { EndReason } from "../graph/status";

/** What a caller brings to a step. */
export type Result =
  | {
      readonly kind: "finished";
      readonly id: NodeExecutionId;
      readonly attempt: number;
      readonly status: "COMPLETED" | "FAILED";
      readonly endReason: EndReason;
      readonly emissions: readonly Emission[];
      readonly error: RecordedError | null;
      /** What the attempt used, which is charged; absent: no code ran for it. */
      readonly used?: Usage;
    }
  /** A node that goes on running has emitted. */
  | {
      readonly kind: "emitted";
      readonly id: NodeExecutionId;
      readonly attempt: number;
      /** Outputs recorded before these: if there are more by now, these are recorded, and it is told once again. */
      readonly after: number;
      readonly emissions: readonly Emission[];
    }
  /** A timer has fired; it counts only if Postgres' clock agrees. */
  | { readonly kind: "woken"; readonly id: NodeExecutionId }
  /** Temporal has given the node up without a result: its attempts were lost or timed out. */
  | {
      readonly kind: "lost";
      readonly id: NodeExecutionId;
      readonly endReason: "lost" | "timed_out";
      readonly message: string;
    };

/** Rerun: what was recorded for the same inputs stands for a run of the block. */
export function takenOver(id: NodeExecutionId, attempt: number, emissions: readonly Emission[]): Result {
  return { kind: "finished", id, attempt, status: "COMPLETED", endReason: "finished", emissions, error: null };
}

/** What one segment may take; beyond it the workflow is asked to come again. */
export type Bounds = {
  /** Inline node executions. */
  readonly nodes: number;
  /** Milliseconds of inline work; the workflow is deaf meanwhile. */
  readonly milliseconds: number;
  /** Bytes of JSON of an inline node's inputs; above it the node runs as an activity. */
  readonly inputBytes: number;
  /** Characters of JSON of one value that a node emits; above it the node fails. */
  readonly valueBytes: number;
  /** Nested graphs of one execution that run at a time. */
  readonly children: number;
};
