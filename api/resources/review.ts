import { z } from "zod";
import type { ReviewRecord } from "../../db/reviews";
import { toTime } from "./execution";

export const reviewStatuses = ["waiting", "approved", "rejected", "timed_out", "withdrawn"] as const;

const time = z.iso.datetime();

export const review = z
  .strictObject({
    id: z.uuid(),
    executionId: z.uuid(),
    nodeExecutionId: z.uuid(),
    rootId: z.uuid(),
    status: z.enum(reviewStatuses).meta({ description: "`withdrawn`: its execution was stopped." }),
    question: z.string().nullable(),
    payload: z.unknown(),
    schema: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "What the data of an answer has to fit." }),
    editable: z.boolean().meta({ description: "Whether an answer may bring data." }),
    data: z.unknown().meta({ description: "Of the answer; null where it brought none." }),
    message: z.string().nullable(),
    decidedBy: z.string().nullable(),
    deadlineAt: time.nullable(),
    createdAt: time,
    decidedAt: time.nullable(),
  })
  .meta({ id: "Review" });
type ReviewJson = z.infer<typeof review>;

export function toReview(record: ReviewRecord): ReviewJson {
  const { hasData: _hasData, ...shown } = record;
  return {
    ...shown,
    schema: record.schema && { ...record.schema },
    deadlineAt: toTime(record.deadlineAt),
    createdAt: record.createdAt.toISOString(),
    decidedAt: toTime(record.decidedAt),
  };
}
