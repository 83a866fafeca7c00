import type { ExecutionId } from "../graph/ids";
import type { Database } from "./client";
import { selfStopDocument } from "./self-stop";
import { openFence } from "./stops";

const batch = 100;

/**
 * Stops the executions whose run time is over, by Postgres' clock: each is fenced and will end FAILED, `timed_out`. Any number
 * of processes may call it. Answers how many there were.
 */
export async function stopOverdue(db: Database): Promise<number> {
  const { rows } = await db.pool.query<{ id: ExecutionId; runTime: string | null }>({
    name: "read_overdue",
    text: `
      select e.id, e.limits ->> 'runTime' as "runTime" from executions e
       where e.ended_at is null and e.deadline_at is not null and e.deadline_at <= clock_timestamp()
         and not exists (select 1 from path_fence(e.root_id, e.id, e.ancestors) f where f.scope = 'subtree')
       order by e.deadline_at limit $1`,
    values: [batch],
  });
  for (const { id, runTime } of rows) {
    const max = runTime ?? "";
    const message = `limit runTime: it may run for ${max}`;
    const stop = selfStopDocument({
      cause: "time",
      endsAs: "timed_out",
      error: { code: "timed_out", message, limit: "runTime" },
      exceeded: { limit: "runTime", max, executionId: id },
    });
    await openFence(db, { ...stop, executionId: id });
  }
  return rows.length;
}
