import { z } from "zod";

const time = z.iso.datetime();
const count = z.int().min(0);

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
    counts: z.strictObject({
      executions: count,
      swept: count,
      aborted: count,
      cancelled: count,
      abandoned: count,
      alreadyEnded: count,
      detached: count,
    }),
    leftovers: z.array(
      z.strictObject({ executionId: z.uuid(), nodeExecutionId: z.uuid().nullable(), why: z.string() }),
    ),
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
    detached: z.array(z.looseObject({})),
    openReviews: count,
    chargeSoFar: z.number(),
  })
  .meta({ id: "StopPlan" });

export const stopPlan = z.strictObject({ plan });
