import type { Database } from "../../db/client";
import { terminalStatuses } from "../../graph/status";

/** What has to hold of the record at any moment; each query answers the rows that break it. */
const invariants = {
  "events are numbered without gaps": `
    select t.root_id, t.seq, count(e.seq), max(e.seq) from trees t left join events e on e.root_id = t.root_id
     group by t.root_id having t.seq <> count(e.seq) or t.seq <> max(e.seq) or min(e.seq) <> 1`,
  "node executions are numbered without gaps": `
    select t.root_id, t.node_executions, count(n.seq), max(n.seq) from trees t left join node_executions n on n.root_id = t.root_id
     group by t.root_id having t.node_executions <> count(n.seq) or t.node_executions <> coalesce(max(n.seq), 0) or min(n.seq) <> 1`,
  "a tree counts its executions": `
    select t.root_id, t.executions, t.live_executions from trees t join executions e on e.root_id = t.root_id
     group by t.root_id having t.executions <> count(*) or t.live_executions <> count(*) filter (where e.ended_at is null)
        or t.max_depth <> max(e.depth)`,
  "a live execution counts its node executions": `
    select e.id, e.open, e.waiting from executions e left join node_executions n on n.execution_id = e.id
     where e.ended_at is null
     group by e.id having e.open <> count(*) filter (where n.queued_seq is not null and not n.closed)
        or e.waiting <> count(*) filter (where n.status = 'WAITING') or e.node_executions <> count(n.id)`,
  "a live execution has no ended ancestor": `
    select e.id from executions e join executions a on a.id = any (e.ancestors)
     where e.ended_at is null and a.ended_at is not null`,
  "an ended execution has no live node execution": `
    select n.id from executions e join node_executions n on n.execution_id = e.id
     where e.ended_at is not null and n.ended_at is null`,
  "outputs are as many as node executions say": `
    select n.id from node_executions n left join outputs o on o.node_execution_id = n.id
     group by n.id having n.emitted <> count(o.ordinal) or n.emitted <> coalesce(max(o.ordinal) + 1, 0)`,
  "a tree uses every large value that it refers to": String.raw`
    select v.root_id, m[1] from (
        select root_id, inputs::text as value from executions
        union all select root_id, inputs::text from node_executions
        union all select root_id, payload::text || coalesce(data::text, '') from reviews
        union all select n.root_id, o.value::text from outputs o join node_executions n on n.id = o.node_execution_id) v
      cross join lateral regexp_matches(v.value, '"\\u0024large:\[\\"([0-9a-f-]{36})', 'g') m
     where not exists (select 1 from blob_uses u where u.root_id = v.root_id and u.blob_id = m[1]::uuid)`,
  "the charges of its node executions are those of an execution": `
    select e.id, e.charge from executions e left join node_executions n on n.execution_id = e.id
     group by e.id having e.charge <> coalesce(sum(n.charge), 0)`,
  "the ledger of a tree is the sum of its charges, each with an event": `
    select t.root_id, t.charge from trees t
     where t.charge <> (select coalesce(sum(n.charge), 0) from node_executions n where n.root_id = t.root_id)
        or t.charge <> (select coalesce(sum((v.data ->> 'charge')::bigint), 0) from events v where v.root_id = t.root_id and v.type = 'charge.booked')`,
  "a tree that has passed its budget is under a fence, and was warned once at 80 %": `
    select t.root_id, t.charge, e.budget from trees t join executions e on e.id = t.root_id
     where t.charge > e.budget and not exists (select 1 from fences f where f.execution_id = e.id)
        or e.budget > 0 and (t.charge * 5 >= e.budget * 4)::int <> (select count(*) from events v where v.root_id = t.root_id and v.type = 'budget.warning')`,
  "nothing is charged after the fence it is under": `
    select e.id, f.seq from fences f join executions e on e.root_id = f.root_id
        and (e.id = f.execution_id or (f.scope = 'subtree' and f.execution_id = any (e.ancestors)))
      join node_executions n on n.execution_id = e.id
     where n.charge > 0 and n.ended_seq > f.seq`,
  "nothing starts or is born after the fence it is under": `
    select e.id, f.seq from fences f join executions e on e.root_id = f.root_id
        and (e.id = f.execution_id or (f.scope = 'subtree' and f.execution_id = any (e.ancestors)))
      left join node_executions n on n.execution_id = e.id
     where f.scope = 'subtree' and (e.created_seq > f.seq or e.started_seq > f.seq or n.started_seq > f.seq)`,
  "nothing starts, is queued or is born under a hold": `
    with held as (
      select p.root_id, p.execution_id, p.seq as since, coalesce(min(r.seq), t.seq + 1) as until
        from events p join trees t on t.root_id = p.root_id
        left join events r on r.root_id = p.root_id and r.execution_id = p.execution_id and r.type = 'execution.resumed' and r.seq > p.seq
       where p.type = 'execution.paused' group by p.root_id, p.execution_id, p.seq, t.seq)
    select held.execution_id, held.since, held.until, v.seq, v.type from held
      join executions e on e.root_id = held.root_id and (e.id = held.execution_id or held.execution_id = any (e.ancestors))
      join events v on v.root_id = e.root_id and v.execution_id = e.id and v.seq > held.since and v.seq < held.until
     where v.type in ('execution.queued', 'execution.started', 'node.queued', 'node.started', 'node.waiting', 'child.started')`,
  "a question waits for as long as its node does": `
    select r.id from reviews r left join node_executions n on n.id = r.id
     where (r.status = 'waiting') and n.status is distinct from 'WAITING'`,
} as const;

/** The invariants that do not hold of what is recorded, with the rows that break them. */
export async function faultsOf(db: Database): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, query] of Object.entries(invariants)) {
    const { rows } = await db.pool.query(query);
    if (rows.length > 0) faults.push(`${name}: ${JSON.stringify(rows.slice(0, 5))}`);
  }
  return faults;
}

/** Everything that is recorded, to compare two moments. */
export async function readAll(db: Database): Promise<Record<string, unknown[]>> {
  const tables = ["trees", "executions", "node_executions", "outputs", "events", "fences", "stops"];
  const all = tables.map(async (table) => {
    const { rows } = await db.pool.query<{ row: unknown }>(`select to_json(t) as row from ${table} t order by t::text`);
    return [table, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

/** Node executions by node: how many ended how. */
export async function countNodes(db: Database, executionId: string): Promise<Record<string, number>> {
  const { rows } = await db.pool.query<{ key: string; count: number }>(
    `select node_id || ' ' || status as key, count(*)::int from node_executions where execution_id = $1 group by 1 order by 1`,
    [executionId],
  );
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
}

/** Live rows of a tree: executions and node executions. */
export async function countLive(db: Database, rootId: string): Promise<number> {
  const { rows } = await db.pool.query<{ live: number }>(
    `select ((select count(*) from executions where root_id = $1 and status <> all ($2::status[]))
           + (select count(*) from node_executions where root_id = $1 and status <> all ($2::status[])))::int as live`,
    [rootId, terminalStatuses],
  );
  return rows[0]?.live ?? 0;
}

/** How many sessions of this database wait for a lock. */
export async function countLockWaiters(db: Database): Promise<number> {
  const { rows } = await db.pool.query<{ waiting: number }>(
    "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows[0]?.waiting ?? 0;
}
