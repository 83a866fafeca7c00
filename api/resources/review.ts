import { z } from "zod";
import { isObject } from "../../graph/json";
import type { ReviewRecord } from "../../db/reviews";
import { reviewKinds } from "../../graph/answer";
import { toTime } from "./execution";
import { show, showEach } from "./value";

export const reviewStatuses = ["waiting", "approved", "rejected", "timed_out", "withdrawn"] as const;

const time = z.iso.datetime();

export const review = z
  .strictObject({
    id: z.uuid(),
    executionId: z.uuid(),
    nodeExecutionId: z.uuid(),
    rootId: z.uuid(),
    status: z.enum(reviewStatuses).meta({ description: "`withdrawn`: its execution was stopped." }),
    kind: z.enum(reviewKinds).meta({
      description:
        "`approval` of data, a `question`, or whether a sensitive block may run (`action`: the payload is its inputs).",
    }),
    question: z.string().nullable(),
    payload: z.unknown(),
    schema: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "What the data of an answer has to fit." }),
    editable: z.boolean().meta({ description: "Whether an answer may bring data." }),
    answerers: z.array(z.string()).meta({ description: "Who may answer, by X-Treeline-Actor; empty: anybody." }),
    autoApprove: z.boolean().meta({ description: "Its node is approved from here on in this execution." }),
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
  const { hasData: _hasData, ownerId: _ownerId, ...shown } = record;
  return {
    ...shown,
    answerers: [...record.answerers],
    payload: record.kind === "action" && isObject(record.payload) ? showEach(record.payload) : show(record.payload),
    data: show(record.data),
    schema: record.schema && { ...record.schema },
    deadlineAt: toTime(record.deadlineAt),
    createdAt: record.createdAt.toISOString(),
    decidedAt: toTime(record.decidedAt),
  };
}
