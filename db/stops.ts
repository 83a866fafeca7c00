import { uuidv7 } from "uuidv7";
import type { BlockDefinition } from "../graph/block";
import { TreelineError } from "../graph/errors";
import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";
import type { Status } from "../graph/status";
import type { Database } from "./client";
import { endWhoeverBlocks } from "./fences";
import type { stopCause, stopOutcome } from "./schema";

export type StopCause = (typeof stopCause.enumValues)[number];
export type StopOutcome = (typeof stopOutcome.enumValues)[number];

export type FenceRequest = {
  readonly executionId: ExecutionId;
  readonly reason: string | null;
  readonly requestedBy: string;
  readonly cause: StopCause;
  /** From now, by Postgres' clock. */
  readonly deadlineMs: number;
  /** false: a `self` fence; what runs and all children finish. */
  readonly cascade: boolean;
  /** Moves the deadline of a stop that goes on to now. */
  readonly force: boolean;
  /** What was detached under it is stopped too. Absent: false. */
  readonly includeDetached?: boolean;
};

export type Fenced = { readonly stopId: StopId; readonly opened: boolean } | { readonly because: "missing" | "ended" };

/**
 * Opens the fence of an execution, or joins the stop that is there (db/functions/open-fence.sql). One round trip. Whoever
 * keeps it waiting for 2 s is ended.
 */
export async function openFence(db: Database, request: FenceRequest): Promise<Fenced> {
  const stopId = uuidv7() as StopId;
  const session = await db.pool.connect();
  const patience = endWhoeverBlocks(db, session);
  try {
    const { rows } = await session.query<{ fenced: Fenced; rootId: ExecutionId | null }>({
      name: "open_fence",
      text: `select open_fence($1) as fenced, (select root_id from executions where id = $2) as "rootId"`,
      values: [JSON.stringify({ ...request, stopId }), request.executionId],
    });
    session.release();
    if (rows[0]?.rootId) db.announce(rows[0].rootId);
    return rows[0]?.fenced ?? { because: "missing" };
  } catch (error) {
    session.release(true);
    throw error;
  } finally {
    patience.end();
  }
}

export type Settled = {
  readonly swept: number;
  readonly abandoned: number;
  /** Remote node executions under the fence that still run. */
  readonly running: number;
  /** Executions under the fence that are still live. */
  readonly executions: number;
  readonly quiesced: boolean;
  /** By Postgres' clock; null: no deadline, as under a `self` fence. */
  readonly msToDeadline: number | null;
};

/** Rows that one settling may touch: what keeps a stop of a large tree from holding its lock for long. */
export const settleBatch = 500;

/**
 * Settles a batch of what is under the stop's fence, and all of `ended`: running node executions whose code has ended. What
 * still runs at the deadline is abandoned (db/functions/settle-fenced.sql).
 */
export async function settleFenced(db: Database, stopId: StopId, ended: readonly NodeExecutionId[]): Promise<Settled> {
  const { rows } = await db.pool.query<{ settled: Settled; rootId: ExecutionId | null }>({
    name: "settle_fenced",
    text: `select settle_fenced($1, $2, $3) as settled, (select root_id from stops where id = $1) as "rootId"`,
    values: [stopId, ended, settleBatch],
  });
  if (!rows[0]?.rootId) throw new TreelineError("not_found", `no stop ${stopId}`);
  db.announce(rows[0].rootId);
  return rows[0].settled;
}

/** Fences on any of these trees, for workers that look for what a notification did not tell them. */
export async function readFences(
  db: Database,
  rootIds: readonly ExecutionId[],
): Promise<{ executionId: ExecutionId; stopId: StopId }[]> {
  const { rows } = await db.pool.query<{ executionId: ExecutionId; stopId: StopId }>({
    name: "read_fences",
    text: `select execution_id as "executionId", stop_id as "stopId" from fences where root_id = any ($1) and scope = 'subtree'`,
    values: [rootIds],
  });
  return rows;
}

/** The stop as API.md gives it. */
export type StopView = {
  readonly id: StopId | null;
  readonly executionId: ExecutionId;
  readonly status: "STOPPING" | "QUIESCED" | "CLOSED";
  readonly reason: string | null;
  readonly requestedBy: string;
  readonly cascade: boolean;
  readonly deadlineAt: string | null;
  readonly outcome: string | null;
  readonly phases: {
    readonly requestedAt: string | null;
    readonly fencedAt: string | null;
    readonly quiescedAt: string | null;
    readonly closedAt: string | null;
  };
  readonly counts: {
    readonly executions: number;
    readonly swept: number;
    readonly aborted: number;
    readonly cancelled: number;
    readonly abandoned: number;
    readonly alreadyEnded: number;
    readonly detached: number;
  };
  /** What was spent under the fence and not charged: started node executions that it ended, the sums of their usage's numbers. */
  readonly uncharged: { readonly nodeExecutions: number; readonly usage: Readonly<Record<string, number>> };
  readonly leftovers: readonly { executionId: string; nodeExecutionId: string | null; why: string }[];
  readonly proof: {
    readonly liveDescendants: number;
    readonly startedAfterFence: number;
    readonly chargedAfterFence: number;
    readonly checkedAt: string;
  } | null;
  /** What was started detached under it, and stops of that: it is stopped only where the stop includes it. */
  readonly detached: readonly Detached[];
  readonly plan: null;
};

export type Detached = {
  readonly executionId: ExecutionId;
  readonly nodeExecutionId: NodeExecutionId;
  readonly status: Status;
  readonly stopId: StopId | null;
};

const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const count = (name: string) => `'${name}', coalesce((c.counted ->> '${name}')::int, 0)`;
const countNames = ["executions", "swept", "aborted", "cancelled", "abandoned", "alreadyEnded", "detached"];

const stopColumns = `
  s.id, s.execution_id as "executionId", s.status, s.reason, s.requested_by as "requestedBy", s.cascade, ${iso("s.deadline_at")} as "deadlineAt", s.outcome,
  json_build_object('requestedAt', ${iso("s.requested_at")}, 'fencedAt', ${iso("s.fenced_at")}, 'quiescedAt', ${iso("s.quiesced_at")},
    'closedAt', ${iso("s.closed_at")}) as phases,
  json_build_object(${countNames.map(count).join(", ")}) as counts,
  coalesce(c.counted -> 'uncharged', '{"nodeExecutions": 0, "usage": {}}') as uncharged,
  coalesce(c.counted -> 'leftovers', s.leftovers) as leftovers,
  case when $3 and s.status <> 'CLOSED' then detached_under(s.root_id, s.execution_id, s.cascade) else s.detached end as detached, s.proof, null as plan`;

/** Rows of a tree that are counted in a few milliseconds. */
const countedAtOnce = 2_000;

/**
 * null: there is none of this id, or it is another owner's. Without `counted` the counts of one that goes on are 0 where its
 * tree is large: to count takes as long.
 */
export async function readStop(db: Database, ownerId: string, id: StopId, counted = true): Promise<StopView | null> {
  const { rows } = await db.pool.query<StopView>({
    name: "read_stop",
    text: `
      select ${stopColumns}
        from stops s join trees t on t.root_id = s.root_id, lateral (
          select case when s.status <> 'CLOSED' and ($3 or t.executions + t.node_executions <= $4)
            then count_stop(s.id)::jsonb else s.counts end as counted) c
       where s.id = $1 and s.owner_id = $2`,
    values: [id, ownerId, counted, countedAtOnce],
  });
  return rows[0] ?? null;
}

/** Whether all of it is over; also of a stop that does not exist. */
export async function isStopClosed(db: Database, id: StopId): Promise<boolean> {
  const { rows } = await db.pool.query<{ status: string }>({
    name: "is_stop_closed",
    text: "select status from stops where id = $1 and status <> 'CLOSED'",
    values: [id],
  });
  return rows.length === 0;
}

export type StopRequest = FenceRequest & { readonly ownerId: string };

/**
 * A user's stop: opens the fence or joins the one that is there. An execution that ended by itself answers a stop that is
 * CLOSED and writes nothing: `already_finished`, or `finished_first` where it ended while the request was on its way to the
 * fence. Throws `not_found`, also for another owner's execution.
 */
export async function requestStop(db: Database, request: StopRequest): Promise<StopView> {
  const { rows } = await db.pool.query<{ ownerId: string; ended: boolean }>({
    name: "stop_target",
    text: `select owner_id as "ownerId", ended_at is not null as ended from executions where id = $1`,
    values: [request.executionId],
  });
  const target = rows[0];
  if (target?.ownerId !== request.ownerId) throw new TreelineError("not_found", `no execution ${request.executionId}`);
  const { ownerId, ...fence } = request;
  const fenced = await openFence(db, fence);
  if ("stopId" in fenced) {
    const stop = await readStop(db, ownerId, fenced.stopId, false);
    if (stop) return stop;
  }
  return finishedView(db, request, target.ended ? "already_finished" : "finished_first");
}

async function finishedView(
  db: Database,
  request: StopRequest,
  outcome: "already_finished" | "finished_first",
): Promise<StopView> {
  const { rows } = await db.pool.query<{ now: string; endedAt: string; proof: StopView["proof"]; executions: number }>({
    name: "already_finished",
    text: `
      select ${iso("clock_timestamp()")} as now, ${iso("e.ended_at")} as "endedAt",
        (select count(*)::int from executions d where d.root_id = e.root_id and e.id = any (d.ancestors)) + 1 as executions,
        json_build_object('liveDescendants', (select count(*)::int from executions d where d.root_id = e.root_id and d.ended_at is null and e.id = any (d.ancestors)),
          'startedAfterFence', 0, 'chargedAfterFence', 0, 'checkedAt', ${iso("clock_timestamp()")}) as proof
      from executions e where e.id = $1`,
    values: [request.executionId],
  });
  const found = rows[0];
  if (!found) throw new TreelineError("not_found", `no execution ${request.executionId}`);
  const { executionId, reason, requestedBy, cascade } = request;
  return {
    id: null,
    executionId,
    status: "CLOSED",
    reason,
    requestedBy,
    cascade,
    deadlineAt: null,
    outcome,
    phases: { requestedAt: found.now, fencedAt: null, quiescedAt: found.endedAt, closedAt: found.endedAt },
    counts: {
      executions: found.executions,
      swept: 0,
      aborted: 0,
      cancelled: 0,
      abandoned: 0,
      alreadyEnded: found.executions,
      detached: 0,
    },
    uncharged: { nodeExecutions: 0, usage: {} },
    leftovers: [],
    detached: [],
    proof: found.proof,
    plan: null,
  };
}

export type StopPlan = {
  readonly executions: number;
  readonly levels: readonly { depth: number; executions: number; running: number; waiting: number; queued: number }[];
  readonly runningNodes: number;
  readonly uninterruptible: readonly { executionId: string; nodeExecutionId: string; block: string }[];
  readonly detached: readonly Detached[];
  readonly openReviews: number;
  readonly chargeSoFar: number;
};

/** Running node executions that a plan names, at most, of those that cannot be interrupted. */
const namedAtMost = 1_000;

/**
 * What a stop of this execution would meet now. `uninterruptible`: the blocks whose code a signal cannot end. Throws
 * `not_found`.
 */
export async function planStop(
  db: Database,
  ownerId: string,
  executionId: ExecutionId,
  uninterruptible: readonly Pick<BlockDefinition, "id" | "name">[] = [],
): Promise<StopPlan> {
  const { rows } = await db.pool.query<StopPlan>({
    name: "plan_stop",
    text: `
      with target as (select * from executions where id = $1 and owner_id = $2),
      subtree as (
        select e.* from target t join executions e on e.root_id = t.root_id and (e.id = t.id or t.id = any (e.ancestors))
      ), live as (select * from subtree where ended_at is null)
      select
        (select count(*)::int from live) as executions,
        coalesce((select json_agg(l order by l.depth) from (
          select depth, count(*)::int as executions, (count(*) filter (where status = 'RUNNING'))::int as running,
            (count(*) filter (where status = 'WAITING'))::int as waiting, (count(*) filter (where status in ('QUEUED', 'INCOMPLETE')))::int as queued
          from live group by depth) l), '[]') as levels,
        (select count(*)::int from live e join node_executions n on n.execution_id = e.id and n.ended_at is null and n.status = 'RUNNING' and n.placement <> 'child') as "runningNodes",
        coalesce((select json_agg(u) from (
          select e.id as "executionId", n.id as "nodeExecutionId", b.name as block
            from live e join node_executions n on n.execution_id = e.id and n.ended_at is null and n.status = 'RUNNING' and n.placement <> 'child'
            join unnest($3::text[], $4::text[]) as b (id, name) on b.id = n.block_id limit ${namedAtMost}) u), '[]') as uninterruptible,
        (select detached_under(t.root_id, t.id, true) from target t) as detached, (select count(*)::int from live e join reviews r on r.execution_id = e.id and r.status = 'waiting') as "openReviews",
        (select coalesce(sum(charge), 0)::float8 from subtree) as "chargeSoFar"
      from target`,
    values: [executionId, ownerId, uninterruptible.map(({ id }) => id), uninterruptible.map(({ name }) => name)],
  });
  if (!rows[0]) throw new TreelineError("not_found", `no execution ${executionId}`);
  return rows[0];
}

/** A stop as its follow-up works on it. */
export type OpenStop = {
  readonly id: StopId;
  readonly executionId: ExecutionId;
  readonly rootId: ExecutionId;
  readonly status: "STOPPING" | "QUIESCED" | "CLOSED";
  readonly cascade: boolean;
  readonly reason: string | null;
  /** Negative once the deadline has passed; nothing is abandoned under a `self` fence. */
  readonly msToDeadline: number;
};

export async function readOpenStop(db: Database, id: StopId): Promise<OpenStop | null> {
  const { rows } = await db.pool.query<OpenStop>({
    name: "read_open_stop",
    text: `select id, execution_id as "executionId", root_id as "rootId", status, cascade, reason,
        (extract(epoch from deadline_at - clock_timestamp()) * 1000)::float8 as "msToDeadline" from stops where id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Overdue stops that are looked at in one go. */
const overdueAtATime = 20;

/** Stops whose deadline has passed while something under them is live; of `self` stops the deadline ends nothing. */
export async function readOverdueStops(db: Database): Promise<{ id: StopId; executionId: ExecutionId }[]> {
  const { rows } = await db.pool.query<{ id: StopId; executionId: ExecutionId }>({
    name: "overdue_stops",
    text: `select id, execution_id as "executionId" from stops
            where status = 'STOPPING' and cascade and deadline_at <= clock_timestamp() limit $1`,
    values: [overdueAtATime],
  });
  return rows;
}

/**
 * Executions under the stop (its target first) that were live when the fence fell: those whose workflows are to be cancelled
 * and seen closed. `firstRunId` is null where none has begun; there may be one all the same.
 */
export async function readFenced(
  db: Database,
  stop: OpenStop,
): Promise<{ id: ExecutionId; firstRunId: string | null }[]> {
  const { rows } = await db.pool.query<{ id: ExecutionId; firstRunId: string | null }>({
    name: "read_fenced",
    text: `
      select e.id, e.first_run_id as "firstRunId" from executions e
       where e.root_id = $1 and (e.id = $2 or ($3 and $2 = any (e.ancestors)))
         and (e.ended_seq is null or e.ended_seq > (select seq from fences where execution_id = $2))
       order by e.depth`,
    values: [stop.rootId, stop.executionId, stop.cascade],
  });
  return rows;
}

/**
 * Closes a stop: counts, leftovers and the proof are read from the record here, never carried over. The proof compares event
 * numbers: nothing under the fence was born or started, and nothing charged, with a number after the fence's. Answers the
 * outcome; null: it is not quiet yet, and nothing is written.
 */
export async function closeStop(db: Database, id: StopId): Promise<StopOutcome | null> {
  const { rows } = await db.pool.query<{ outcome: StopOutcome | null; rootId: ExecutionId | null }>({
    name: "close_stop",
    text: `select close_stop($1) as outcome, (select root_id from stops where id = $1) as "rootId"`,
    values: [id],
  });
  if (rows[0]?.rootId) db.announce(rows[0].rootId);
  return rows[0]?.outcome ?? null;
}
