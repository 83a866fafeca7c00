import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { Json, JsonSchema } from "../graph/json";
import type { ReviewKind } from "../graph/answer";
import { isLarge } from "../graph/large";
import { enclose, writeWith } from "./blobs";
import type { Database } from "./client";
import { toRecord } from "./marker";
import type { reviewStatus } from "./schema";

export type ReviewStatus = (typeof reviewStatus.enumValues)[number];

/** A question to people; its id is that of the node execution that asks. */
export type ReviewRecord = {
  readonly id: NodeExecutionId;
  readonly executionId: ExecutionId;
  readonly nodeExecutionId: NodeExecutionId;
  readonly rootId: ExecutionId;
  readonly ownerId: string;
  readonly status: ReviewStatus;
  readonly kind: ReviewKind;
  readonly question: string | null;
  readonly payload: Json;
  /** Of the data of an answer; null: any. */
  readonly schema: JsonSchema | null;
  readonly editable: boolean;
  /** Empty: anybody. */
  readonly answerers: readonly string[];
  readonly autoApprove: boolean;
  /** Of the answer; `hasData` tells null from none. */
  readonly data: Json;
  readonly hasData: boolean;
  readonly message: string | null;
  readonly decidedBy: string | null;
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
};

const columns = `
  r.id, r.execution_id as "executionId", r.id as "nodeExecutionId", r.root_id as "rootId", r.owner_id as "ownerId", r.status, r.kind, r.question, r.payload, r.schema, r.editable, r.answerers,
  r.auto_approve as "autoApprove", r.data,
  r.data is not null as "hasData", r.message, r.decided_by as "decidedBy", r.deadline_at as "deadlineAt", r.created_at as "createdAt", r.decided_at as "decidedAt"`;

/** null: there is none of this id, or it is another owner's. */
export async function readReview(db: Database, ownerId: string, id: string): Promise<ReviewRecord | null> {
  const { rows } = await db.pool.query<ReviewRecord>({
    name: "read_review",
    text: `select ${columns} from reviews r where r.id = $1 and r.owner_id = $2`,
    values: [id, ownerId],
  });
  return rows[0] ?? null;
}

/** A question of this execution; without an id the only one that waits. null: there is none, or there are more. */
export async function readReviewOf(
  db: Database,
  executionId: ExecutionId,
  id: string | null,
): Promise<ReviewRecord | null> {
  const { rows } = await db.pool.query<ReviewRecord>({
    name: "read_review_of",
    text: `select ${columns} from reviews r
      where r.execution_id = $1 and case when $2::text is null then r.status = 'waiting' else r.id::text = $2 end limit 2`,
    values: [executionId, id],
  });
  return rows.length === 1 ? (rows[0] ?? null) : null;
}

export type ReviewFilter = {
  /** Empty: any. */
  readonly statuses: readonly ReviewStatus[];
  readonly executionId: ExecutionId | null;
};

/** An owner's questions, the oldest first; at most `limit`, after `cursor`. */
export async function listReviews(
  db: Database,
  ownerId: string,
  { statuses, executionId }: ReviewFilter,
  page: { readonly limit: number; readonly cursor: { readonly createdAt: Date; readonly id: string } | null },
): Promise<ReviewRecord[]> {
  const { rows } = await db.pool.query<ReviewRecord>(
    `select ${columns} from reviews r
      where r.owner_id = $1 and (cardinality($2::text[]) = 0 or r.status::text = any ($2::text[]))
        and ($3::uuid is null or r.execution_id = $3) and ($4::timestamptz is null or (r.created_at, r.id) > ($4, $5::uuid))
      order by r.created_at, r.id limit $6`,
    [ownerId, statuses, executionId, page.cursor?.createdAt.toISOString(), page.cursor?.id, page.limit],
  );
  return rows;
}

export type Decision = {
  readonly id: string;
  /** Of the review. */
  readonly ownerId: string;
  readonly decision: "approved" | "rejected";
  /** undefined: as it was asked. */
  readonly data: Json | undefined;
  readonly message: string | null;
  readonly decidedBy: string;
  /** Approves what the same node asks from now on in this execution. */
  readonly autoApprove: boolean;
};

export type DecisionRefusal = "forbidden" | "same" | "decided" | "withdrawn" | "timed_out" | "fenced" | "missing";

/** Records an answer (db/functions/review.sql); null: it is recorded, and the caller wakes the outbox. */
export async function decideReview(db: Database, decision: Decision): Promise<DecisionRefusal | null> {
  const { id, ownerId, message, decidedBy, autoApprove } = decision;
  const data = decision.data === undefined ? undefined : enclose(ownerId, decision.data);
  const large = isLarge(data) ? data : null;
  const written = data === undefined ? null : toRecord(data);
  const values = [id, decision.decision, written, message, decidedBy, autoApprove, large?.id];
  const { rows } = await writeWith(db, ownerId, large ? [large] : [], () =>
    db.pool.query<{ answer: { because: DecisionRefusal | null } }>({
      name: "decide_review",
      text: "select decide_review($1, $2, $3, $4, $5, $6, $7) as answer",
      values,
    }),
  );
  return rows[0] ? rows[0].answer.because : "missing";
}
