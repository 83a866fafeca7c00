import type { ExecutionId, StopId } from "../graph/ids";
import type { EndReason } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";
import type { FenceRequest } from "./stops";
import { uuidv7 } from "uuidv7";

/** What the auditor counts: see docs/auditor.md. */
export const orphanKinds = [
  "workflow_ended",
  "workflow_missing",
  "parent_ended",
  "nodes_stalled",
  "stop_unfollowed",
  "record_ended",
] as const;
export type OrphanKind = (typeof orphanKinds)[number];

/** A live execution as the auditor compares it with its workflow. */
export type LiveExecution = {
  readonly id: ExecutionId;
  readonly rootId: ExecutionId;
  readonly parentId: ExecutionId | null;
  readonly ageMs: number;
  /** Its start is still in the outbox, or waits for a place. */
  readonly starting: boolean;
  /** Under a subtree fence: the stop sees to it. */
  readonly fenced: boolean;
  /** An ancestor that has ended. */
  readonly endedAncestor: ExecutionId | null;
  /** Since when something has been ready, running or ended and not delivered that Temporal has to carry out; null: nothing is, it is held, or its workflow is about to be told. */
  readonly dueForMs: number | null;
};

const ms = (since: string) => `(extract(epoch from clock_timestamp() - ${since}) * 1000)::float8`;

/*
 * `dueForMs` looks at one row for each status, the oldest: an execution may have 10,000. A nested graph that runs has an
 * execution of its own, which is looked at by itself.
 */
const oldest = (time: string, where: string) => `
  (select n.${time} from node_executions n where n.execution_id = e.id and n.ended_at is null and ${where} order by n.queued_seq limit 1)`;

/** The end of a node that its planner was not told of, and that no older run of the same node holds back. */
const undelivered = `
  (select n.ended_at from node_executions n where n.execution_id = e.id and not n.closed and n.ended_at is not null
     and not exists (select 1 from node_executions o where o.execution_id = e.id and o.node_id = n.node_id and o.ended_at is null and o.queued_seq < n.queued_seq)
   order by n.queued_seq limit 1)`;

/** The last end of a map's item where none runs: its planner was not told. */
const idleMap = `
  (select max(c.ended_at) from node_executions n join executions c on c.parent_node_execution_id = n.id and c.item is not null
    where n.execution_id = e.id and n.status = 'RUNNING' and n.ended_at is null and n.map_items is not null and n.map_ended = n.map_admitted)`;

const liveColumns = `
  e.id, e.root_id as "rootId", e.parent_id as "parentId", ${ms("e.created_at")} as "ageMs",
  e.awaits_admission or exists (select 1 from outbox o where o.subject_id = e.id and o.kind = 'start') as starting,
  exists (select 1 from path_fence(e.root_id, e.id, e.ancestors) f where f.scope = 'subtree') as fenced,
  (select a.id from executions a where a.id = any (e.ancestors) and a.ended_at is not null order by a.depth limit 1) as "endedAncestor",
  case when path_held(e.root_id, e.id, e.ancestors) or exists (select 1 from outbox o where o.subject_id = e.id and o.kind = 'poke') then null
    else ${ms(`least(${oldest("queued_at", "n.status = 'QUEUED'")}, ${oldest("started_at", "n.status = 'RUNNING' and n.placement <> 'child'")},
    ${oldest("wake_at", "n.status = 'WAITING' and n.wake_at < clock_timestamp()")}, ${undelivered}, ${idleMap})`)} end as "dueForMs"`;

/** A place in the walk over all live executions. */
export type Cursor = { readonly rootId: string; readonly id: string };
export const firstCursor: Cursor = {
  rootId: "00000000-0000-0000-0000-000000000000",
  id: "00000000-0000-0000-0000-000000000000",
};

/** Live executions after the cursor that no stop sees to, tree by tree; older than `minAgeMs`, as a start takes its time. */
export async function readLive(
  db: Database,
  after: Cursor,
  { limit, minAgeMs }: { readonly limit: number; readonly minAgeMs: number },
): Promise<{ readonly executions: LiveExecution[]; readonly next: Cursor | null }> {
  const { rows } = await db.pool.query<LiveExecution>({
    name: "audit_live",
    text: `select ${liveColumns} from executions e where e.ended_at is null and (e.root_id, e.id) > ($1::uuid, $2::uuid)
      order by e.root_id, e.id limit $3`,
    values: [after.rootId, after.id, limit],
  });
  const last = rows.at(-1);
  return {
    executions: rows.filter((row) => !row.fenced && row.ageMs >= minAgeMs),
    next: rows.length < limit || !last ? null : { rootId: last.rootId, id: last.id },
  };
}

/** Which of these are live. */
export async function readLiveAmong(db: Database, ids: readonly string[]): Promise<LiveExecution[]> {
  const { rows } = await db.pool.query<LiveExecution>({
    name: "audit_live_among",
    text: `select ${liveColumns} from executions e where e.id = any ($1::uuid[]) and e.ended_at is null`,
    values: [ids],
  });
  return rows.filter(({ fenced }) => !fenced);
}

/** The live executions from its root down to this one; empty under a fence. */
export async function readLivePath(db: Database, id: ExecutionId): Promise<LiveExecution[]> {
  const { rows } = await db.pool.query<LiveExecution>({
    name: "audit_live_path",
    text: `select ${liveColumns} from executions e, executions self
       where self.id = $1 and (e.id = self.id or e.id = any (self.ancestors)) and e.ended_at is null order by e.depth`,
    values: [id],
  });
  return rows.some(({ fenced }) => fenced) ? [] : rows;
}

export type UnfollowedStop = {
  readonly stopId: StopId;
  readonly executionId: ExecutionId;
  readonly rootId: ExecutionId;
  readonly ageMs: number;
};

/** Stops that are not closed, older than `minAgeMs`, with nothing about them in the outbox: Temporal has to know them. */
export async function readHandedStops(
  db: Database,
  { limit, minAgeMs }: { readonly limit: number; readonly minAgeMs: number },
): Promise<UnfollowedStop[]> {
  const { rows } = await db.pool.query<UnfollowedStop>({
    name: "audit_stops",
    text: `
      select s.id as "stopId", s.execution_id as "executionId", s.root_id as "rootId", ${ms("s.requested_at")} as "ageMs" from stops s
       where s.status <> 'CLOSED' and s.requested_at < clock_timestamp() - $2 * interval '1 millisecond'
         and not exists (select 1 from outbox o where o.subject_id = s.id and o.kind = 'stop')
       order by s.id limit $1`,
    values: [limit, minAgeMs],
  });
  return rows;
}

export type EndedExecution = {
  readonly id: ExecutionId;
  readonly rootId: ExecutionId;
  readonly endedForMs: number;
};

/** Which of these ended longer than `minAgeMs` ago and are not under a stop that still closes workflows. */
export async function readEndedAmong(
  db: Database,
  ids: readonly string[],
  minAgeMs: number,
): Promise<EndedExecution[]> {
  const { rows } = await db.pool.query<EndedExecution>({
    name: "audit_ended",
    text: `
      select e.id, e.root_id as "rootId", ${ms("e.ended_at")} as "endedForMs" from executions e
       where e.id = any ($1::uuid[]) and e.ended_at < clock_timestamp() - $2 * interval '1 millisecond'
         and not exists (select 1 from stops s where s.id = e.stop_id and s.status <> 'CLOSED')`,
    values: [ids, minAgeMs],
  });
  return rows;
}

export type OrphanFence = Omit<FenceRequest, "executionId"> & {
  readonly endsAs: EndReason | null;
  readonly error: RecordedError | null;
};

/** What repairs an orphan. All of it goes through the outbox or a fence; only `terminate` was done at Temporal before. */
export type OrphanRepair =
  | { readonly action: "fence"; readonly fence: OrphanFence }
  | { readonly action: "start" | "poke" | "stop"; readonly subjectId: ExecutionId | StopId }
  | { readonly action: "terminate" };

/** Repairs it, with an event and the count, in one transaction; false: there was nothing to do any more. */
export async function repairOrphan(
  db: Database,
  orphan: { readonly kind: OrphanKind; readonly executionId: ExecutionId; readonly repair: OrphanRepair },
): Promise<boolean> {
  const { kind, executionId, repair } = orphan;
  const { action } = repair;
  const fence = action === "fence" ? { ...repair.fence, executionId, stopId: uuidv7() } : null;
  const subjectId = "subjectId" in repair ? repair.subjectId : null;
  const document = { executionId, kind, action, subjectId, fence, data: { kind, action } };
  const { rows } = await db.pool.query<{ repaired: boolean }>({
    name: "repair_orphan",
    text: "select repair_orphan($1) as repaired",
    values: [JSON.stringify(document)],
  });
  return rows[0]?.repaired === true;
}

/** Takes or keeps the right to audit for a time, by Postgres' clock; false: another worker has it. */
export async function holdAudit(db: Database, holder: string, forMs: number): Promise<boolean> {
  const { rowCount } = await db.pool.query({
    name: "hold_audit",
    text: `
      insert into auditor (holder, held_until) values ($1, clock_timestamp() + $2 * interval '1 millisecond')
      on conflict (id) do update set holder = excluded.holder, held_until = excluded.held_until
       where auditor.holder is null or auditor.holder = excluded.holder or auditor.held_until < clock_timestamp()`,
    values: [holder, forMs],
  });
  return rowCount === 1;
}

export async function releaseAudit(db: Database, holder: string): Promise<void> {
  await db.pool.query("update auditor set holder = null, held_until = null where holder = $1", [holder]);
}

/** How many orphans were repaired so far. */
export async function countOrphans(db: Database): Promise<Record<OrphanKind, number>> {
  const { rows } = await db.pool.query<{ orphans: Partial<Record<OrphanKind, number>> }>("select orphans from auditor");
  const none = Object.fromEntries(orphanKinds.map((kind) => [kind, 0])) as Record<OrphanKind, number>;
  return { ...none, ...rows[0]?.orphans };
}
