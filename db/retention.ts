import type { ExecutionId } from "../graph/ids";
import type { Database } from "./client";

export type DeleteRefusal = "missing" | "live" | "resumed";

/** Deletes the whole tree of an execution (db/functions/delete-tree.sql); null: it is gone. */
export async function deleteTree(db: Database, ownerId: string, id: ExecutionId): Promise<DeleteRefusal | null> {
  const { rows } = await db.pool.query<{ refusal: DeleteRefusal | null }>({
    name: "delete_tree",
    text: "select delete_tree(root_id) as refusal from executions where id = $1 and owner_id = $2",
    values: [id, ownerId],
  });
  return rows[0] ? rows[0].refusal : "missing";
}

/** Deletes large values and files that no tree uses, and that nobody has asked to keep for `ageMs`; answers how many. */
export async function deleteUnusedBlobs(db: Database, ageMs: number): Promise<number> {
  const { rowCount } = await db.pool.query({
    name: "delete_unused_blobs",
    text: `delete from blobs b where b.kept_at < clock_timestamp() - $1 * interval '1 millisecond'
      and not exists (select 1 from blob_uses u where u.blob_id = b.id)`,
    values: [ageMs],
  });
  return rowCount ?? 0;
}

const batch = 100;
/** Rows of events of one tree that one statement deletes. */
const rowBatch = 5_000;

/** Deletes trees whose root has ended longer ago than `ageMs`; answers how many. What a rerun still needs stays. */
export async function deleteOldTrees(db: Database, ageMs: number): Promise<number> {
  let deleted = 0;
  let after = new Date(0);
  for (;;) {
    const { rows } = await db.pool.query<{ id: ExecutionId; ownerId: string; endedAt: Date }>({
      name: "old_trees",
      text: `
        select id, owner_id as "ownerId", ended_at as "endedAt" from executions
         where depth = 0 and ended_at is not null and ended_at > $3 and ended_at < clock_timestamp() - $1 * interval '1 millisecond'
         order by ended_at limit $2`,
      values: [ageMs, batch, after],
    });
    for (const { id, ownerId } of rows) deleted += Number((await deleteTree(db, ownerId, id)) === null);
    after = rows.at(-1)?.endedAt ?? after;
    if (rows.length < batch) return deleted;
  }
}

/**
 * Deletes events older than `ageMs`, of live trees too; answers how many. Of each tree always the oldest ones, all up to a
 * number in one statement: what is kept has no gap.
 */
export async function deleteOldEvents(db: Database, ageMs: number): Promise<number> {
  const isOld = (at: string, age: string) => `${at} < clock_timestamp() - ${age} * interval '1 millisecond'`;
  const { rows } = await db.pool.query<{ rootId: ExecutionId }>({
    name: "trees_with_old_events",
    text: `
      select t.root_id as "rootId" from trees t
       where ${isOld("(select v.at from event_rows v where v.root_id = t.root_id order by v.seq limit 1)", "$1")}`,
    values: [ageMs],
  });
  let deleted = 0;
  for (const { rootId } of rows) {
    for (let count = rowBatch; count === rowBatch;) {
      const { rows: gone } = await db.pool.query<{ count: number; events: number }>({
        name: "delete_old_events",
        text: `
          with gone as (
            delete from event_rows where root_id = $1 and seq <= (
              select max(v.seq) from (select seq, at from event_rows where root_id = $1 order by seq limit $3) v where ${isOld("v.at", "$2")})
            returning more)
          select count(*)::int as count, (count(*) + coalesce(sum(json_array_length(more)), 0))::int as events from gone`,
        values: [rootId, ageMs, rowBatch],
      });
      count = gone[0]?.count ?? 0;
      deleted += gone[0]?.events ?? 0;
    }
  }
  return deleted;
}
