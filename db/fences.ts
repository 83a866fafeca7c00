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
