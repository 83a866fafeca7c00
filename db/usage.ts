import type { NodeExecutionId } from "../graph/ids";
import type { Database } from "./client";

/**
 * Adds to what a node execution has used. Not a step: amounts only grow, nothing is decided by them, and what was spent is
 * recorded also where the result is refused (a fence, a newer attempt), retried or lost.
 */
export async function addUsage(
  db: Database,
  id: NodeExecutionId,
  usage: { readonly [unit: string]: number },
): Promise<void> {
  await db.pool.query({
    name: "add_usage",
    text: `
      update node_executions n set usage = (
        select json_object_agg(unit, amount) from (
          select unit, sum(amount::numeric) as amount
            from (select * from jsonb_each_text(n.usage) union all select * from jsonb_each_text($2::jsonb)) as used (unit, amount)
           group by unit) as total)
       where n.id = $1`,
    values: [id, JSON.stringify(usage)],
  });
}
