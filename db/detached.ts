import type { ExecutionId, StopId } from "../graph/ids";
import type { Database } from "./client";
import { openFence } from "./stops";

/**
 * Of a stop that includes what is detached: opens the fence of each detached execution under it that lives, in its own tree
 * and with its own stop, which includes what is detached under that. Idempotent. Answers how many fences it opened.
 */
export async function stopDetached(db: Database, stopId: StopId): Promise<number> {
  type Live = { id: ExecutionId; reason: string | null; requestedBy: string; msLeft: number };
  const { rows } = await db.pool.query<Live>({
    name: "read_live_detached",
    text: `
      select d.id, s.reason, s.requested_by as "requestedBy",
          greatest(0, ceil(extract(epoch from s.deadline_at - clock_timestamp()) * 1000))::float8 as "msLeft"
        from stops s
        join executions e on e.root_id = s.root_id and e.detached_executions > 0
          and (e.id = s.execution_id or (s.cascade and s.execution_id = any (e.ancestors)))
        join executions d on d.origin_execution_id = e.id
       where s.id = $1 and s.include_detached and d.ended_at is null
         and not exists (select 1 from fences f where f.execution_id = d.id and f.scope = 'subtree')`,
    values: [stopId],
  });
  let opened = 0;
  for (const { id, msLeft, ...asked } of rows) {
    const terms = { cause: "request", deadlineMs: msLeft, cascade: true, force: false, includeDetached: true } as const;
    const fenced = await openFence(db, { executionId: id, ...asked, ...terms });
    if ("opened" in fenced && fenced.opened) opened += 1;
  }
  return opened;
}
