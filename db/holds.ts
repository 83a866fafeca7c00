import type { ExecutionId } from "../graph/ids";
import type { Database } from "./client";

export type HoldRequest = {
  readonly executionId: ExecutionId;
  readonly reason: string | null;
  readonly requestedBy: string;
};

/** Why nothing was changed; null: it was. */
export type HoldRefusal = "held" | "ended" | "fenced" | "missing";
export type ReleaseRefusal = "free" | "missing";

/** Holds an execution with its subtree (db/functions/hold.sql). One round trip. */
export async function openHold(db: Database, request: HoldRequest): Promise<HoldRefusal | null> {
  const { rows } = await db.pool.query<{ answer: { because: HoldRefusal | null }; rootId: ExecutionId | null }>({
    name: "open_hold",
    text: `select open_hold($1, $2, $3) as answer, (select root_id from executions where id = $1) as "rootId"`,
    values: [request.executionId, request.reason, request.requestedBy],
  });
  if (rows[0]?.rootId) db.announce(rows[0].rootId);
  return rows[0] ? rows[0].answer.because : "missing";
}

/** Releases its own hold; one further up stays, and holds it on. The caller wakes the outbox. */
export async function releaseHold(db: Database, id: ExecutionId, requestedBy: string): Promise<ReleaseRefusal | null> {
  const { rows } = await db.pool.query<{ answer: { because: ReleaseRefusal | null }; rootId: ExecutionId | null }>({
    name: "release_hold",
    text: `select release_hold($1, $2) as answer, (select root_id from executions where id = $1) as "rootId"`,
    values: [id, requestedBy],
  });
  if (rows[0]?.rootId) db.announce(rows[0].rootId);
  return rows[0] ? rows[0].answer.because : "missing";
}
