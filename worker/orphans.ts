import type { OrphanFence, OrphanKind, OrphanRepair } from "../db/audit";
import type { ExecutionId, StopId } from "../graph/ids";
import type { Closing, WorkflowState } from "./workflow-states";

/** Something that the record and Temporal do not agree on, and what makes them agree. */
export type Orphan = {
  readonly kind: OrphanKind;
  readonly executionId: ExecutionId;
  readonly rootId: ExecutionId;
  /** In words, for people. */
  readonly says: string;
  readonly would: string;
  /** How long it has been so; null: not known. */
  readonly forMs: number | null;
  readonly repair: OrphanRepair;
};

type Place = { readonly id: ExecutionId; readonly rootId: ExecutionId };
type Closed = Extract<WorkflowState, { kind: "closed" }>;

/** How long its stop waits for node code. */
const deadlineMs = 15_000;

export function workflowEnded({ id, rootId }: Place, { status, at }: Closed, { reason, by }: Closing): Orphan {
  const what = status.toLowerCase();
  const fence = {
    requestedBy: by ?? `temporal ${what}`,
    reason,
    deadlineMs,
    cascade: true,
    force: false,
    ...endOf(status),
  } satisfies OrphanFence;
  const says = `its workflow was ${what === "failed" ? "ended by a failure" : what} at Temporal${by ? ` by ${by}` : ""}${reason ? ` ("${reason}")` : ""}, while the record has it live`;
  return {
    kind: "workflow_ended",
    executionId: id,
    rootId,
    says,
    would: "stop it with all that is below it",
    forMs: at && Date.now() - at.getTime(),
    repair: { action: "fence", fence },
  };
}

/** A cancel and a terminate are stops from outside; every other end of a workflow was not asked for by anybody. */
function endOf(status: string): Pick<OrphanFence, "cause" | "endsAs" | "error"> {
  if (status === "TERMINATED") return { cause: "terminate", endsAs: null, error: null };
  if (status === "CANCELLED") return { cause: "cancel", endsAs: null, error: null };
  const endsAs = status === "TIMED_OUT" ? "timed_out" : "lost";
  return { cause: "lost", endsAs, error: { code: endsAs, message: `its workflow has ended at Temporal (${status})` } };
}

/** `askId`: who has to start it; its parent, where that is open. */
export function workflowMissing({ id, rootId }: Place, parentId: ExecutionId | null, forMs: number): Orphan {
  return {
    kind: "workflow_missing",
    executionId: id,
    rootId,
    says: "Temporal knows no workflow of it, while the record has it live",
    would: parentId
      ? "ask its parent's workflow to start it"
      : "start its workflow; what is recorded is not done again",
    forMs,
    repair: parentId ? { action: "poke", subjectId: parentId } : { action: "start", subjectId: id },
  };
}

export function parentEnded({ id, rootId }: Place, ancestor: ExecutionId): Orphan {
  const fence = {
    cause: "lost",
    requestedBy: "treeline auditor",
    reason: `execution ${ancestor} above it has ended`,
    deadlineMs,
    cascade: true,
    force: false,
    endsAs: null,
    error: null,
  } satisfies OrphanFence;
  return {
    kind: "parent_ended",
    executionId: id,
    rootId,
    says: `it is live, while execution ${ancestor} above it has ended`,
    would: "stop it with all that is below it",
    forMs: null,
    repair: { action: "fence", fence },
  };
}

export function nodesStalled({ id, rootId }: Place, forMs: number): Orphan {
  return {
    kind: "nodes_stalled",
    executionId: id,
    rootId,
    says: "nodes of it are ready or running in the record, while its workflow has nothing under way",
    would: "tell its workflow to look again",
    forMs,
    repair: { action: "poke", subjectId: id },
  };
}

export function stopUnfollowed(stopId: StopId, { id, rootId }: Place, forMs: number): Orphan {
  return {
    kind: "stop_unfollowed",
    executionId: id,
    rootId,
    says: `its stop ${stopId} is not closed, and no workflow follows it`,
    would: "follow the stop again",
    forMs,
    repair: { action: "stop", subjectId: stopId },
  };
}

export function recordEnded({ id, rootId }: Place, forMs: number, terminate: boolean): Orphan {
  return {
    kind: "record_ended",
    executionId: id,
    rootId,
    says: "its workflow is open, while the record has it ended",
    would: terminate ? "terminate the workflow" : "tell the workflow to look",
    forMs,
    repair: terminate ? { action: "terminate" } : { action: "poke", subjectId: id },
  };
}
