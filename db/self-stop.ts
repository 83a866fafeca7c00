import { uuidv7 } from "uuidv7";
import type { Limits } from "../graph/definition";
import type { ExecutionId } from "../graph/ids";
import type { EndReason } from "../graph/status";
import type { RecordedError } from "./schema";

/** The limit that would have been passed, and where. */
export type Exceeded = {
  readonly limit: keyof Limits;
  readonly max: number | string;
  readonly executionId: ExecutionId;
  readonly nodeId?: string | undefined;
};

/** A stop that nobody asked for: what an execution has run into ends it, as FAILED, by the road every stop takes. */
export type SelfStop = {
  readonly cause: "limit" | "time" | "failure";
  readonly endsAs: EndReason;
  readonly error: RecordedError;
  /** Of a limit: the step fences the execution that set it, not the one that would have passed it. */
  readonly exceeded?: Exceeded | undefined;
};

/** The tree has used up its budget: its root ends FAILED, `budget_exhausted` (db/functions/budget.sql). */
export type BudgetStop = {
  readonly cause: "budget";
  readonly nodeId: string;
  /** What the node would have needed; 0: it has been charged. */
  readonly wanted: number;
};

/** How long node code has to end, as where a user's stop names no deadline. */
const deadlineMs = 15_000;

/** What open_fence is told of it, but for the execution. */
export function selfStopDocument({ cause, endsAs, error, exceeded }: SelfStop) {
  const document = {
    stopId: uuidv7(),
    cause,
    reason: error.message,
    requestedBy: "treeline",
    deadlineMs,
    cascade: true,
    force: false,
    endsAs,
    error,
    exceeded,
    limit: exceeded?.limit,
  };
  return clean(document);
}

export function budgetStopDocument({ cause, nodeId, wanted }: BudgetStop) {
  return clean({ stopId: uuidv7(), cause, nodeId, wanted });
}

function clean<T>(document: T): T {
  // SQL takes texts out of it: what JSON may hold and Postgres may not is replaced (labels and ids come from the graph's author).
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    typeof value === "string" ? Buffer.from(value).toString().replaceAll("\0", "\uFFFD") : value,
  ) as T;
}

/** What open_fence is told to stop the execution of an item, as another one of its map has failed: it ends TERMINATED, `stopped`. */
export function haltDocument(executionId: ExecutionId) {
  const reason = "another item of its map has failed";
  const stop = { cause: "failure", reason, requestedBy: "treeline", deadlineMs, cascade: true, force: false } as const;
  return { ...stop, stopId: uuidv7(), executionId };
}
