import type { Stop, StopPlan } from "../answers";
import { counted, facts } from "./table";
import { duration } from "./time";

/** The receipt, or as much of it as is known. */
export function stopLines(stop: Stop): string[] {
  const { phases, counts, proof } = stop;
  const since = (time: string | null) =>
    time === null || phases.requestedAt === null
      ? "not yet"
      : `after ${duration(Date.parse(time) - Date.parse(phases.requestedAt))}`;
  if (stop.outcome === "already_finished") {
    return [`Nothing to stop: execution ${stop.executionId} had ended`, ...facts([["ended", phases.closedAt]])];
  }
  return [
    `Stop ${stop.id ?? ""}  ${stop.status}${stop.outcome ? `, ${stop.outcome}` : ""}`,
    ...facts([
      ["execution", stop.executionId],
      [
        "covers",
        stop.cascade ? "the execution and all its descendants" : "the execution; what runs and its children finish",
      ],
      ["reason", stop.reason],
      ["requested", `${phases.requestedAt ?? ""} by ${stop.requestedBy}`],
      ["deadline", stop.status === "STOPPING" ? stop.deadlineAt : null],
      ["fenced", since(phases.fencedAt)],
      ["quiesced", since(phases.quiescedAt)],
      ["closed", since(phases.closedAt)],
      ["counts", stop.status === "CLOSED" ? countsText(counts) : null],
      ["proof", proof && proofText(proof)],
    ]),
    ...stop.leftovers.map(
      (one) => `  left over: node execution ${one.nodeExecutionId ?? "?"} of ${one.executionId}: ${one.why}`,
    ),
  ];
}

function countsText(counts: Stop["counts"]): string {
  const { executions, swept, aborted, cancelled, abandoned, alreadyEnded, detached } = counts;
  const parts = [`${swept} swept`, `${aborted} aborted`, `${cancelled} cancelled`, `${abandoned} abandoned`];
  return `${counted(executions, "execution")}: ${[...parts, `${alreadyEnded} already ended`, `${detached} detached`].join(", ")}`;
}

function proofText({
  liveDescendants,
  startedAfterFence,
  chargedAfterFence,
  checkedAt,
}: NonNullable<Stop["proof"]>): string {
  return `${liveDescendants} live, ${startedAfterFence} started and ${chargedAfterFence} charged after the fence (checked ${checkedAt})`;
}

export function planLines(plan: StopPlan): string[] {
  const levels = plan.levels.map(({ depth, executions, running, waiting, queued }) => {
    return `  depth ${depth}: ${counted(executions, "execution")} (${running} running, ${waiting} waiting, ${queued} queued)`;
  });
  return [
    `A stop now would end ${counted(plan.executions, "execution")}; nothing was stopped`,
    ...levels,
    `  ${counted(plan.runningNodes, "node")} running, ${counted(plan.openReviews, "open review")}, ${counted(plan.chargeSoFar, "credit")} spent so far`,
    ...plan.uninterruptible.map(
      (one) => `  cannot be interrupted: ${one.block}, node execution ${one.nodeExecutionId}`,
    ),
    ...(plan.detached.length > 0 ? [`  ${plan.detached.length} detached; --include-detached stops them too`] : []),
  ];
}
