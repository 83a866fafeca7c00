import type { PoolClient } from "pg";
import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";
import type { Database } from "./client";

export type FenceNews = {
  /** Subtree fences on the trees asked for. */
  readonly fences: readonly { readonly executionId: ExecutionId; readonly stopId: StopId }[];
  /** Which of the node executions asked for have ended. */
  readonly ended: readonly NodeExecutionId[];
};

/** An answer that comes later than this is none: its connection is given up, and the next look takes another. */
const answerWithinMs = 3_000;

/** What a worker looks up for all that runs in it, where a notification may have been lost. One query. */
export async function readFenceNews(
  db: Database,
  rootIds: readonly ExecutionId[],
  nodeExecutionIds: readonly NodeExecutionId[],
): Promise<FenceNews> {
  const query = {
    name: "read_fence_news",
    text: `
      select
        (select coalesce(json_agg(json_build_object('executionId', execution_id, 'stopId', stop_id)), '[]')
           from fences where root_id = any ($1) and scope = 'subtree') as fences,
        (select coalesce(json_agg(id), '[]') from node_executions where id = any ($2) and ended_at is not null) as ended`,
    values: [rootIds, nodeExecutionIds],
    query_timeout: answerWithinMs, // pg knows it, its typings do not
  };
  const { rows } = await db.pool.query<FenceNews>(query);
  return rows[0] ?? { fences: [], ended: [] };
}

/** Shorter than a session's `lock_timeout` (client.ts), so that a fence is not what gives up. */
const patienceMs = 2_000;

/**
 * Until `end`: a session that has waited for a lock for 2 s has those ended that it waits for: not the ones that wait
 * themselves, but whoever stands first. A step is one statement, so that is one that idles in a transaction or is stuck.
 */
export function endWhoeverBlocks(db: Database, session: PoolClient): { end(): void } {
  const timer = setTimeout(() => {
    const { processID: waiting } = session as PoolClient & { readonly processID: number };
    db.pool.query({ name: "end_blockers", text: endBlockers, values: [waiting] }).catch(() => {}); // its lock_timeout tells
  }, patienceMs);
  return { end: () => clearTimeout(timer) };
}

const endBlockers = `
  with recursive blocker (pid) as (
    select unnest(pg_blocking_pids($1))
    union
    select unnest(pg_blocking_pids(b.pid)) from blocker b
  )
  select pg_terminate_backend(pid) from blocker where cardinality(pg_blocking_pids(pid)) = 0`;
