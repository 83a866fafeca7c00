import type { ExecutionId } from "../graph/ids";
import type { Json } from "../graph/json";
import type { Database } from "./client";

/** Where a memory is kept: with the execution's owner, for its graph (all versions) or for all of the owner's graphs. */
export type MemoryPlace = { readonly executionId: ExecutionId; readonly ofGraph: boolean; readonly key: string };

/** undefined: nothing was kept there. */
export async function readMemory(db: Database, place: MemoryPlace): Promise<Json | undefined> {
  const { rows } = await db.pool.query<{ value: Json }>({
    name: "read_memory",
    text: `
      select m.value from executions e
        join memories m on m.owner_id = e.owner_id and m.key = $3
         and m.graph_id is not distinct from case when $2 then e.graph_id end
       where e.id = $1`,
    values: [place.executionId, place.ofGraph, place.key],
  });
  return rows[0]?.value;
}

/** The last writer wins. */
export async function writeMemory(db: Database, place: MemoryPlace, value: Json): Promise<void> {
  await db.pool.query({
    name: "write_memory",
    text: `
      insert into memories (owner_id, graph_id, key, value, updated_at)
      select e.owner_id, case when $2 then e.graph_id end, $3, $4::json, clock_timestamp() from executions e where e.id = $1
      on conflict (owner_id, graph_id, key) do update set value = excluded.value, updated_at = excluded.updated_at`,
    values: [place.executionId, place.ofGraph, place.key, JSON.stringify(value)],
  });
}
