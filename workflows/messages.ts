import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";

/*
 * What workflows, activities and clients say to each other. Everything here ends up in Temporal histories: ids, limits and the
 * labels that a graph's author chose; never values.
 */

export type ExecutionInput = {
  readonly executionId: ExecutionId;
  /** Goes on in a new run beyond so many events of its history, besides when Temporal suggests it: so that tests need few. */
  readonly eventsAtMost?: number;
};

/**
 * Where nested graphs are in flight a long workflow goes on in this run up to so many times the events at which Temporal suggests a
 * new one (4,096 unless the server says otherwise, of 51,200 at most): a new run would end them.
 */
export const longestRun = { factor: 4, suggestedAt: 4_096 } as const;

export type RemoteWork = {
  readonly kind: "remote";
  readonly id: NodeExecutionId;
  /** What the Web UI shows. */
  readonly label: string;
  /** The activity type: one for each kind of block. */
  readonly block: string;
  /** Longest one attempt may take. */
  readonly timeoutMs: number;
  /** Attempts in all that a failing block gets, and the pauses between them. */
  readonly attempts: number;
  readonly firstIntervalMs: number;
  readonly backoff: number;
  readonly maxIntervalMs: number;
};

export type ChildWork = {
  readonly kind: "child";
  /** Of an item of a map: see itemWorkId. */
  readonly id: NodeExecutionId;
  readonly label: string;
  readonly executionId: ExecutionId;
  readonly rootId: ExecutionId;
  readonly graphId: string;
};

export type WaitWork = {
  readonly kind: "wait";
  readonly id: NodeExecutionId;
  readonly label: string;
  readonly delayMs: number;
};

/** A map has one node execution for all its items, so the workflow knows each by the id of its execution. */
export function itemWorkId(executionId: ExecutionId): NodeExecutionId {
  return executionId as string as NodeExecutionId;
}

/** One thing an execution has outstanding that needs Temporal. */
export type Work = RemoteWork | ChildWork | WaitWork;

/**
 * The execution's outstanding work as Postgres tells it. `live`: go on; `fenced`: a stop is on the path, nothing new starts;
 * `held`: paused, a poke says when it goes on; `ended`: the record is terminal, the workflow may close. `more`: there is work beyond `work`; ask again when there is room.
 */
export type Answer = {
  readonly state: "live" | "fenced" | "held" | "ended";
  readonly work: readonly Work[];
  readonly more: boolean;
  /** Of an ended execution. */
  readonly status?: string | undefined;
  readonly endReason?: string | undefined;
};

/** Remote nodes that one execution has in flight at Temporal at a time; the rest stays QUEUED in Postgres. */
export const workWindow = 200;

/** Names of the signals, as `temporal workflow signal --name …` takes them. */
export const signalNames = { stop: "stop", pause: "pause", resume: "resume", answer: "answer", poke: "poke" } as const;

/** Payload of the `stop` signal; all of it may be left out. */
export type StopSignal = { readonly reason?: string; readonly by?: string };

/** What a workflow answers when it closes. */
export type ExecutionResult = { readonly status: string; readonly endReason: string | null };

/** The follow-up of a stop; its workflow id is the stop's. */
export type StopInput = { readonly stopId: StopId };

/** What a stop's workflow answers when it closes; the receipt itself is in Postgres. */
export type StopResult = { readonly outcome: string; readonly cancelled: number; readonly terminated: number };

/** Stops have a task queue of their own, with workers that do nothing else: a flooded system can still be stopped. */
export const stopQueue = (taskQueue: string) => `${taskQueue}-stops`;

/** Keyword search attributes, registered on the namespace when a worker starts. */
export const searchAttributeNames = { root: "TreelineRoot", graph: "TreelineGraph" } as const;

/**
 * How long Temporal waits for an attempt beyond its node's own timeout. That is the second line: the activity ends itself when
 * the time is up, and of a worker that died its heartbeats tell. Within it the result waits for Postgres (activities/persist.ts):
 * were it shorter, the next attempt would run the code again while the result of this one is in hand.
 */
export const timeoutSlackMs = 90_000;

/** Type of an activity's failure: its node's code does not follow its signal and may go on, so nobody may call it ended. */
export const leftBehind = "left_behind";
