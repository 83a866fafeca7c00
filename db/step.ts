import type { ReviewKind } from "../graph/answer";
import type { Placement } from "../graph/block";
import type { Limits, Masks } from "../graph/definition";
import type { ExecutionId, GraphId, NodeExecutionId, StopId } from "../graph/ids";
import type { Json, JsonObject, JsonSchema } from "../graph/json";
import type { EndReason, Status } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";
import type { BudgetStop, SelfStop } from "./self-stop";
import { documentsOf } from "./step-documents";

/** The n-th event of this unit (from 1); the step turns it into the tree's next free number. */
export type EventOrdinal = number;

export type EventRow = {
  readonly type: string;
  readonly executionId: ExecutionId;
  readonly nodeExecutionId?: NodeExecutionId | undefined;
  readonly data?: JsonObject | undefined;
};

export type NodeRow = {
  readonly id: NodeExecutionId;
  readonly status?: Status | undefined;
  readonly endReason?: EndReason | undefined;
  readonly placement?: Placement | undefined;
  readonly inputs?: JsonObject | undefined;
  readonly error?: RecordedError | undefined;
  readonly missingPins?: readonly string[] | undefined;
  /** Booked with its end. */
  readonly charge?: number | undefined;
  readonly childExecutionId?: ExecutionId | undefined;
  /** Of a map: items of its list, and how many of them have been admitted in all. */
  readonly map?: { readonly items: number; readonly admitted: number } | undefined;
  /** The how many-th execution of its node it is; recorded where the count is near its limit. */
  readonly iteration?: number | undefined;
  /** Run-on: the node execution whose activity will start it. */
  readonly hostId?: NodeExecutionId | undefined;
  readonly wakeInMs?: number | undefined;
  readonly wakesLeft?: number | undefined;
  /** What it asks people from now on. */
  readonly review?: ReviewRow | undefined;
  /** The failed node execution that it runs again, on its inputs. */
  readonly resurrects?: NodeExecutionId | undefined;
  /** How many outputs this unit adds. */
  readonly emitted: number;
  /** How many have been delivered in all; absent = as it was. */
  readonly delivered?: number | undefined;
  readonly closed: boolean;
  readonly queued?: EventOrdinal | undefined;
  readonly started?: EventOrdinal | undefined;
  readonly ended?: EventOrdinal | undefined;
};

/** A question to people; without a deadline it waits for ever. */
export type ReviewRow = {
  readonly kind: ReviewKind;
  readonly question: string | null;
  readonly payload: Json;
  readonly schema: JsonSchema | null;
  readonly editable: boolean;
  readonly answerers: readonly string[];
  readonly deadlineMs: number | null;
};

export type NodeInsert = NodeRow & {
  readonly nodeId: string;
  readonly blockId: string;
  readonly placement: Placement;
  readonly status: Status;
  readonly inputs: JsonObject;
};

/** `from`: the statuses it may leave; anything else found there is a fault, since the unit's version was right. */
export type NodeUpdate = NodeRow & { readonly from: readonly Status[] };

export type OutputRow = {
  readonly id: NodeExecutionId;
  readonly ordinal: number;
  readonly pin: string;
  readonly value: Json;
};

export type ChildRow = {
  readonly id: ExecutionId;
  readonly parentNodeExecutionId: NodeExecutionId;
  readonly graphId: GraphId;
  readonly graphVersion: number;
  readonly inputs: JsonObject;
  readonly masks: Masks;
  /** Of a map: which item it is of. */
  readonly item?: number | undefined;
  /** null: detached, so its first event is one of its own tree. */
  readonly queued: EventOrdinal | null;
};

/** What a nested graph tells its parent's node: more outputs, and at its end how it ended. */
export type Relay = {
  readonly id: NodeExecutionId;
  /** It is of an item of a map: the node counts its end, and goes on. */
  readonly isItem: boolean;
  readonly outputs: readonly { readonly pin: string; readonly value: Json }[];
  readonly end?: { status: Status; endReason: EndReason; error: RecordedError | null; ended: EventOrdinal } | undefined;
};

/** A plan for one execution, to be written whole or not at all. */
export type Unit = {
  readonly executionId: ExecutionId;
  /** *grow* is refused under a fence or a hold; *settle* moves only towards terminal. */
  readonly kind: "grow" | "settle";
  /** The execution's version that the plan was made on. */
  readonly version: number;
  /** Attempt tokens that must still be the current ones. */
  readonly tokens: readonly { readonly id: NodeExecutionId; readonly attempt: number }[];
  readonly execution: {
    readonly status?: Status | undefined;
    readonly endReason?: EndReason | undefined;
    readonly error?: RecordedError | undefined;
    readonly stopId?: StopId | undefined;
    readonly firstRunId?: string | undefined;
    /** Set by its first step: inherited ones, lowered by its graph's own. */
    readonly limits?: Limits | undefined;
    /** From now, by Postgres' clock; only of an execution that has a run time of its own. */
    readonly runTimeMs?: number | undefined;
    readonly open: number;
    readonly waiting: number;
    readonly failed: number;
    readonly unhandled: number;
    /** The sum of its rows' charges; under a fence nothing is charged. */
    readonly charge?: number | undefined;
    /** Inline nodes are among those charged: they count beside what is reserved for others. */
    readonly spends?: boolean | undefined;
    /** It goes on after failures that may pass. */
    readonly resurrections?: number | undefined;
    readonly started?: EventOrdinal | undefined;
    readonly ended?: EventOrdinal | undefined;
  };
  readonly inserts: readonly NodeInsert[];
  readonly updates: readonly NodeUpdate[];
  readonly outputs: readonly OutputRow[];
  readonly children: readonly ChildRow[];
  readonly relay: Relay | null;
  /** Some of its nodes ask people, or have ended without their answer. */
  readonly reviews?: boolean;
  readonly events: readonly EventRow[];
  readonly pokes: readonly ExecutionId[];
  /** Nested graphs of its own that are to be stopped, since another item of their map has failed. */
  readonly halts?: readonly ExecutionId[] | undefined;
  /** Written last: nothing under its fence after it. */
  readonly stop?: SelfStop | BudgetStop | undefined;
};

export type Refusal = "missing" | "ended" | "fenced" | "held" | "version" | "attempt" | "parent_fenced" | "limit";

/**
 * Writes plans for executions of one tree in one transaction and one round trip (db/functions/commit-step.sql). Each unit is
 * judged alone: the answer at its place is null where it was written, else why it was not. Throws what Postgres throws; then
 * nothing was written.
 */
export async function commitStep(
  db: Database,
  rootId: ExecutionId,
  units: readonly Unit[],
): Promise<(Refusal | null)[]> {
  const { rows } = await db.pool.query<{ verdicts: { u: number; because: Refusal | null }[] }>({
    name: "commit_step",
    text: "select commit_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as verdicts",
    values: [rootId, ...documentsOf(units)],
  });
  db.announce(rootId);
  return (rows[0]?.verdicts ?? []).map((verdict) => verdict.because);
}
