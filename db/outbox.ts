import type { ExecutionId, StopId } from "../graph/ids";
import type { Database } from "./client";

export type OutboxRow = { readonly id: number; readonly attempts: number } & (
  | { readonly kind: "start"; readonly subjectId: ExecutionId }
  | { readonly kind: "poke"; readonly subjectId: ExecutionId }
  | { readonly kind: "stop"; readonly subjectId: StopId }
);

/** Claims due rows, oldest first; each is due again after `againMs` unless it is deleted by then. Dispatchers may race. */
export async function claimOutbox(db: Database, limit: number, againMs: number): Promise<OutboxRow[]> {
  const { rows } = await db.pool.query<OutboxRow>({
    name: "claim_outbox",
    text: `
      with due as (select id from outbox where due_at <= clock_timestamp() order by due_at, id limit $1 for update skip locked)
      update outbox o set attempts = o.attempts + 1, due_at = clock_timestamp() + $2 * interval '1 millisecond'
        from due where o.id = due.id
      returning o.id::float8 as id, o.kind, o.subject_id as "subjectId", o.attempts`,
    values: [limit, againMs],
  });
  return rows.sort((a, b) => a.id - b.id);
}

export async function deleteOutbox(db: Database, ids: readonly number[]): Promise<void> {
  await db.pool.query({ name: "delete_outbox", text: "delete from outbox where id = any ($1)", values: [ids] });
}

/** The starts of these executions, or of these stops' follow-ups, have reached Temporal. */
export async function deleteStarts(db: Database, ids: readonly (ExecutionId | StopId)[]): Promise<void> {
  await db.pool.query({
    name: "delete_starts",
    text: "delete from outbox where subject_id = any ($1) and kind in ('start', 'stop')",
    values: [ids],
  });
}

/** What a start needs to be readable in the Web UI. */
export type StartFacts = { readonly rootId: ExecutionId; readonly graphId: string; readonly graphName: string };

/** null: there is no such execution, or it has ended. */
export async function readStartFacts(db: Database, executionId: ExecutionId): Promise<StartFacts | null> {
  const { rows } = await db.pool.query<StartFacts>({
    name: "start_facts",
    text: `
      select e.root_id as "rootId", e.graph_id as "graphId", g.name as "graphName"
        from executions e join graphs g on g.id = e.graph_id and g.version = e.graph_version
       where e.id = $1 and e.ended_at is null`,
    values: [executionId],
  });
  return rows[0] ?? null;
}

/** The same of a stop's follow-up; null: there is no such stop, or it is closed. */
export async function readStopFacts(db: Database, stopId: StopId): Promise<StartFacts | null> {
  const { rows } = await db.pool.query<StartFacts>({
    name: "stop_facts",
    text: `
      select s.root_id as "rootId", e.graph_id as "graphId", g.name as "graphName"
        from stops s join executions e on e.id = s.execution_id join graphs g on g.id = e.graph_id and g.version = e.graph_version
       where s.id = $1 and s.status <> 'CLOSED'`,
    values: [stopId],
  });
  return rows[0] ?? null;
}

/** Where Temporal has lost its data: every live root, and the follow-up of every open stop, is to be started again. Answers how many roots. */
export async function requeueLiveRoots(db: Database): Promise<number> {
  await db.pool.query(`
    insert into outbox (kind, subject_id, due_at)
      select 'stop', s.id, clock_timestamp() from stops s
       where s.status <> 'CLOSED' and not exists (select 1 from outbox o where o.subject_id = s.id and o.kind = 'stop')`);
  const { rowCount } = await db.pool.query(`
    insert into outbox (kind, subject_id, due_at)
      select 'start', e.id, clock_timestamp() from executions e
       where e.depth = 0 and e.ended_at is null and not e.awaits_admission
         and not exists (select 1 from outbox o where o.subject_id = e.id and o.kind = 'start')`);
  return rowCount ?? 0;
}
