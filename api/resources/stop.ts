import { z } from "zod";
import { statuses } from "../../graph/status";

const time = z.iso.datetime();
const count = z.int().min(0);

const detached = z
  .array(
    z.strictObject({
      executionId: z.uuid(),
      nodeExecutionId: z.uuid(),
      status: z.enum(statuses),
      stopId: z.uuid().nullable(),
    }),
  )
  .meta({
    description: "What was started detached under it: trees of their own, stopped only with `includeDetached`.",
  });

export const stop = z
  .strictObject({
    id: z.uuid().nullable().meta({ description: "null: nothing was stopped, the execution had ended by itself." }),
    executionId: z.uuid(),
    status: z.enum(["STOPPING", "QUIESCED", "CLOSED"]),
    reason: z.string().nullable(),
    requestedBy: z.string(),
    cascade: z.boolean(),
    deadlineAt: time.nullable(),
    outcome: z.enum(["stopped", "stopped_with_leftovers", "already_finished", "finished_first"]).nullable(),
    phases: z.strictObject({
      requestedAt: time.nullable(),
      fencedAt: time.nullable(),
      quiescedAt: time.nullable(),
      closedAt: time.nullable(),
    }),
    counts: z
      .strictObject({
        executions: count,
        swept: count,
        aborted: count,
        cancelled: count,
        abandoned: count,
        alreadyEnded: count,
        detached: count,
      })
      .meta({
        description:
          "By query. executions: all under it; alreadyEnded: before the fence; swept: node executions ended that had not started, only waited or stood for a nested graph; aborted: ones whose code was ended; abandoned: ones whose code was not known to have ended at the deadline; cancelled: executions ended that had begun. 0 in the answer to a request that does not wait, where the tree has more than 2,000 rows.",
      }),
    uncharged: z.strictObject({ nodeExecutions: count, usage: z.record(z.string(), z.number()) }).meta({
      description: "Spent under the fence and not charged: started node executions that it ended, sums of their usage.",
    }),
    leftovers: z.array(
      z.strictObject({ executionId: z.uuid(), nodeExecutionId: z.uuid().nullable(), why: z.string() }),
    ),
    detached,
    proof: z
      .strictObject({ liveDescendants: count, startedAfterFence: count, chargedAfterFence: count, checkedAt: time })
      .nullable(),
    plan: z.null(),
  })
  .meta({ id: "Stop" });

const plan = z
  .strictObject({
    executions: count,
    levels: z.array(z.strictObject({ depth: count, executions: count, running: count, waiting: count, queued: count })),
    runningNodes: count,
    uninterruptible: z.array(z.strictObject({ executionId: z.uuid(), nodeExecutionId: z.uuid(), block: z.string() })),
    detached,
    openReviews: count,
    chargeSoFar: z.number(),
  })
  .meta({ id: "StopPlan" });

export const stopPlan = z.strictObject({ plan });
