import type { Placement } from "../graph/block";
import type { Masks } from "../graph/definition";
import type { ExecutionId, GraphId, NodeExecutionId, StopId } from "../graph/ids";
import type { Json, JsonObject } from "../graph/json";
import type { ItemResult } from "../graph/map";
import type { EndReason, Status } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";

/** An execution as its planner finds it, before any node execution is looked at. */
export type Head = {
  readonly id: ExecutionId;
  readonly rootId: ExecutionId;
  readonly ownerId: string;
  readonly parentId: ExecutionId | null;
  readonly parentNodeExecutionId: NodeExecutionId | null;
  /** Of an execution that a map has started: of which item. */
  readonly item: number | null;
  readonly ancestors: readonly ExecutionId[];
  readonly depth: number;
  readonly graphId: GraphId;
  readonly graphVersion: number;
  readonly status: Status;
  readonly endReason: EndReason | null;
  readonly inputs: JsonObject;
  readonly masks: Masks;
  readonly limits: JsonObject;
  readonly version: number;
  readonly open: number;
  readonly waiting: number;
  readonly unhandledFailures: number;
  readonly resurrections: number;
  readonly childExecutions: number;
  readonly detachedExecutions: number;
  readonly nodeExecutions: number;
  readonly lineageDepth: number;
  readonly isDetached: boolean;
  /** It takes over what an earlier execution completed. */
  readonly isRerun: boolean;
  /** Counts of its tree. */
  readonly tree: {
    readonly executions: number;
    readonly nodeExecutions: number;
    readonly charge: number;
    /** null: it may cost what it likes. */
    readonly budget: number | null;
    /** What running nodes are taken to cost; 0 without a budget. */
    readonly reserved: number;
  };
  readonly firstRunId: string | null;
  /** The fence on its path, if any; a subtree fence wins over its own `self` one. */
  readonly fence: {
    readonly scope: "self" | "subtree";
    readonly stopId: StopId;
    readonly executionId: ExecutionId;
  } | null;
  /** It or one above it is paused: results are recorded, nothing follows from them yet. */
  readonly held: boolean;
};

const headColumns = `
  e.id, e.root_id as "rootId", e.owner_id as "ownerId", e.parent_id as "parentId", e.parent_node_execution_id as "parentNodeExecutionId", e.item, to_json(e.ancestors) as ancestors,
  e.depth, e.graph_id as "graphId", e.graph_version as "graphVersion", e.status, e.end_reason as "endReason", e.inputs, e.masks, e.limits, e.version, e.open,
  e.waiting, e.unhandled_failures as "unhandledFailures", e.resurrections, e.child_executions as "childExecutions", e.detached_executions as "detachedExecutions",
  e.node_executions as "nodeExecutions", e.lineage_depth as "lineageDepth", e.origin_execution_id is not null as "isDetached", e.first_run_id as "firstRunId",
  (select json_build_object('executions', t.executions, 'nodeExecutions', t.node_executions, 'charge', t.charge, 'budget', r.budget,
       'reserved', case when r.budget is null then 0 else reserved_of(t.root_id) end)
     from trees t join executions r on r.id = t.root_id where t.root_id = e.root_id) as tree, e.resumed_from is not null as "isRerun",
  (select json_build_object('scope', f.scope, 'stopId', f.stop_id, 'executionId', f.execution_id)
     from path_fence(e.root_id, e.id, e.ancestors) f) as fence, path_held(e.root_id, e.id, e.ancestors) as held`;

export async function readHead(db: Database, id: ExecutionId): Promise<Head | null> {
  const { rows } = await db.pool.query<Head>({
    name: "read_head",
    text: `select ${headColumns} from executions e where e.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Hands an execution from a chain of runs that is dead to a new one; false: another was quicker. */
export async function takeOver(
  db: Database,
  id: ExecutionId,
  dead: string | null,
  firstRunId: string,
): Promise<boolean> {
  const { rowCount } = await db.pool.query({
    name: "take_over",
    text: "update executions set first_run_id = $3 where id = $1 and first_run_id is not distinct from $2 and ended_at is null",
    values: [id, dead, firstRunId],
  });
  return rowCount === 1;
}

/** A node execution that runs or has ended, as the planner needs it. `outputs`: those not yet delivered. */
export type OpenNode = {
  readonly id: NodeExecutionId;
  readonly nodeId: string;
  readonly status: Status;
  readonly placement: Placement;
  readonly endReason: EndReason | null;
  readonly error: RecordedError | null;
  readonly attempt: number;
  readonly queuedSeq: number;
  readonly emitted: number;
  readonly delivered: number;
  readonly closed: boolean;
  readonly inputs: JsonObject;
  /** Of the budget, by its start. */
  readonly reserved: number;
  readonly childExecutionId: ExecutionId | null;
  readonly wakesLeft: number | null;
  /** Milliseconds until its timer fires; null where it has none. */
  readonly wakeInMs: number | null;
  readonly outputs: readonly { readonly pin: string; readonly value: Json }[];
};

/** What is so of every node execution in which nothing has happened yet. */
export const freshNode = {
  error: null,
  emitted: 0,
  delivered: 0,
  reserved: 0,
  childExecutionId: null,
  wakesLeft: null,
  wakeInMs: null,
  outputs: [],
} as const satisfies Partial<OpenNode>;

/** A node execution that has failed, and may be run again. */
export type Failed = {
  readonly id: NodeExecutionId;
  readonly nodeId: string;
  readonly endReason: EndReason;
  readonly error: RecordedError | null;
};

/** A node that goes through its list. */
export type OpenMap = {
  readonly node: OpenNode;
  /** Of the list; `admitted` the first of them, of these `ended`, of these `failed`. */
  readonly items: number;
  readonly admitted: number;
  readonly ended: number;
  readonly failed: number;
  /** Of one that an item's failure ends: the first that failed, and those that still run and that nothing stops yet. */
  readonly failure: ItemEnd | null;
  readonly live: readonly ExecutionId[];
  /** In the order of the items, when all have ended. */
  readonly results: readonly (ItemEnd & Pick<ItemResult, "outputs">)[] | null;
};

export type ItemEnd = {
  readonly item: number;
  readonly executionId: ExecutionId;
  readonly status: Status;
  readonly endReason: EndReason;
  readonly error: RecordedError | null;
};

/** An answer of people to a node's question. */
export type Answered = {
  readonly decision: "approved" | "rejected";
  readonly hasData: boolean;
  readonly data: Json;
  readonly message: string | null;
};

export type State = Head & {
  /** INCOMPLETE node executions, oldest first. */
  readonly unfed: readonly { readonly id: NodeExecutionId; readonly nodeId: string; readonly inputs: JsonObject }[];
  /** Recorded outputs and ends that were not delivered yet and that no older execution of the same node holds back, in queue order. */
  readonly undelivered: readonly OpenNode[];
  /** QUEUED inline node executions that an earlier segment left. */
  readonly queuedInline: readonly OpenNode[];
  /** QUEUED nested graphs, as many as the window has room for. */
  readonly queuedChildren: readonly OpenNode[];
  /** Places taken in that window: nested graphs that run, the items of maps among them. */
  readonly runningChildren: number;
  /** Nodes that map over a list and are not through, in queue order. */
  readonly maps: readonly OpenMap[];
  /** Waiting node executions whose question has been answered, also where they are asked for: their timer has fired since. */
  readonly answered: readonly { readonly node: OpenNode; readonly answer: Answered }[];
  /** Nodes whose questions are approved from now on, by an earlier answer. */
  readonly autoApproved: readonly string[];
  /** The node executions asked for. */
  readonly asked: readonly OpenNode[];
  /** By node: queue number of its oldest live execution; those asked for and the queued ones and the maps above, which may end here, are left out. */
  readonly oldestLive: { readonly [nodeId: string]: number };
  /** By node with static pins: frozen inputs of its most recently queued execution. One that runs again has its failed one's, and its place. */
  readonly lastQueued: { readonly [nodeId: string]: JsonObject };
  /**
   * Closed failed executions of nodes that nothing runs again, in queue order: the first `failuresRead` of each node, so that
   * those of one, which may all be handled, hide no other. Not read where there are no unhandled failures, nor where `oldestLive`
   * holds a node: the execution does not end here then, and to look through all that it has run takes long.
   */
  readonly failures: readonly Failed[];
  /** By node: how often it has been queued. null: not read, since all its execution's nodes together are below the limit. */
  readonly iterations: { readonly [nodeId: string]: number } | null;
};

export type StateQuestion = {
  readonly nodeIds: readonly string[];
  readonly staticNodeIds: readonly string[];
  /** Nodes with `ordered: false`: their outputs wait for no older execution. */
  readonly unorderedNodeIds: readonly string[];
  readonly asked: readonly NodeExecutionId[];
  readonly inlineLimit: number;
  readonly childWindow: number;
  /** Maps that the failure of an item ends. */
  readonly failingMapIds: readonly string[];
  /** Blocks that are outputs of a graph. */
  readonly outputBlockIds: readonly string[];
  /** Reads `iterations` in any case. */
  readonly exact: boolean;
};

/** Failures that nobody handles, more of which at once are not gone on from; of each node as many are read. */
export const failuresRead = 100;

const itemEnd = `'item', c.item, 'executionId', c.id, 'status', c.status, 'endReason', c.end_reason, 'error', c.error`;

const openMap = `json_build_object('items', n.map_items, 'admitted', n.map_admitted, 'ended', n.map_ended, 'failed', n.map_failed,
  'failure', case when n.map_failed > 0 and n.node_id = any ($9::text[]) then (
    select json_build_object(${itemEnd}) from executions c
     where c.parent_node_execution_id = n.id and c.item is not null and c.ended_at is not null and c.status <> 'COMPLETED'
     order by c.ended_seq limit 1) end,
  'live', case when n.map_failed > 0 and n.node_id = any ($9::text[]) then coalesce((
    select json_agg(c.id) from executions c
     where c.parent_node_execution_id = n.id and c.item is not null and c.ended_at is null
       and not exists (select 1 from fences f where f.execution_id = c.id)), '[]') else '[]' end,
  'results', case when n.map_ended = n.map_items then (
    select json_agg(json_build_object(${itemEnd}, 'outputs', coalesce((
        select json_agg(json_build_object('name', r.inputs -> 'name', 'value', o.value) order by r.queued_seq, o.ordinal)
          from node_executions r join outputs o on o.node_execution_id = r.id and o.pin = 'output'
         where r.execution_id = c.id and r.block_id = any ($10::text[]) and r.status = 'COMPLETED'), '[]')) order by c.item)
      from executions c where c.parent_node_execution_id = n.id and c.item is not null) end`;

const openNode = `json_build_object('id', n.id, 'nodeId', n.node_id, 'status', n.status, 'placement', n.placement, 'endReason', n.end_reason, 'error', n.error, 'attempt', n.attempt,
  'queuedSeq', n.queued_seq, 'emitted', n.emitted, 'delivered', n.delivered, 'closed', n.closed, 'inputs', n.inputs, 'reserved', n.reserved, 'childExecutionId', n.child_execution_id,
  'wakesLeft', n.wakes_left, 'wakeInMs', ceil(extract(epoch from n.wake_at - clock_timestamp()) * 1000),
  'outputs', coalesce((select json_agg(json_build_object('pin', o.pin, 'value', o.value) order by o.ordinal)
     from outputs o where o.node_execution_id = n.id and o.ordinal >= n.delivered), '[]'))`;

/** All the planner asks about one execution, in one round trip and one snapshot. $1 id, $2 nodes, $3 static, $4 unordered, $5 asked, $6 and $7 windows, $9 maps, $10 outputs. */
const stateQuery = `
with queued as (
  (select n.* from node_executions n where n.execution_id = $1 and n.status = 'QUEUED' and n.ended_at is null and n.placement = 'inline'
    order by n.queued_seq limit $6)
  union all
  (select n.* from node_executions n where n.execution_id = $1 and n.status = 'QUEUED' and n.ended_at is null and n.placement = 'child'
    order by n.queued_seq limit $7)
), mapping as (
  select n.* from node_executions n where n.execution_id = $1 and n.status = 'RUNNING' and n.ended_at is null and n.map_items is not null
), oldest as (
  select w.node_id, l.queued_seq
    from unnest($2::text[]) as w (node_id)
    cross join lateral (
      select n.queued_seq from node_executions n
       where n.execution_id = $1 and n.node_id = w.node_id and n.ended_at is null and n.queued_seq is not null and n.id <> all ($5::uuid[])
         and n.id not in (select r.id from reviews r where r.execution_id = $1 and r.status in ('approved', 'rejected') and n.status = 'WAITING')
         and n.id not in (select id from queued) and n.id not in (select id from mapping)
       order by n.queued_seq limit 1) l
)
select ${headColumns},
  coalesce((select json_agg(json_build_object('id', n.id, 'nodeId', n.node_id, 'inputs', n.inputs) order by n.seq)
     from node_executions n where n.execution_id = e.id and n.status = 'INCOMPLETE' and n.ended_at is null), '[]') as unfed,
  coalesce((select json_agg(${openNode} order by n.queued_seq) from node_executions n
     where n.execution_id = e.id and not n.closed and (n.ended_at is not null or n.emitted > n.delivered) and n.id <> all ($5::uuid[])
       and (n.node_id = any ($4::text[]) or not exists (select 1 from oldest where oldest.node_id = n.node_id and oldest.queued_seq < n.queued_seq))),
     '[]') as undelivered,
  coalesce((select json_agg(${openNode} order by n.queued_seq) from queued n where n.placement = 'inline'), '[]') as "queuedInline",
  coalesce((select json_agg(${openNode} order by n.queued_seq) from queued n where n.placement = 'child'), '[]') as "queuedChildren",
  (select coalesce(sum(case when n.map_items is null then 1 else n.map_admitted - n.map_ended end), 0)::int
     from node_executions n where n.execution_id = e.id and n.status = 'RUNNING' and n.ended_at is null and n.placement = 'child') as "runningChildren",
  coalesce((select json_agg(${openMap}, 'node', ${openNode}) order by n.queued_seq) from mapping n), '[]') as maps,
  coalesce((select json_agg(json_build_object('node', ${openNode}, 'answer', json_build_object('decision', r.status, 'hasData', r.data is not null, 'data', r.data,
       'message', r.message)) order by n.queued_seq)
     from reviews r join node_executions n on n.id = r.id and n.status = 'WAITING'
    where r.execution_id = e.id and r.status in ('approved', 'rejected')), '[]') as answered,
  coalesce((select json_agg(distinct n.node_id) from reviews r join node_executions n on n.id = r.id where r.execution_id = e.id and r.auto_approve), '[]') as "autoApproved",
  coalesce((select json_agg(${openNode}) from node_executions n where n.id = any ($5::uuid[]) and n.execution_id = e.id), '[]') as asked,
  coalesce((select json_object_agg(node_id, queued_seq) from oldest), '{}') as "oldestLive",
  coalesce((select json_object_agg(w.node_id, l.inputs) from unnest($3::text[]) as w (node_id)
     cross join lateral (
       select n.inputs from node_executions n where n.execution_id = e.id and n.node_id = w.node_id and n.queued_seq is not null
          and n.resurrects is null
        order by n.queued_seq desc limit 1) l), '{}') as "lastQueued",
  case when e.unhandled_failures = 0 or exists (select 1 from oldest) then '[]' else coalesce((
    select json_agg(json_build_object('id', f.id, 'nodeId', f.node_id, 'endReason', f.end_reason, 'error', f.error) order by f.queued_seq) from (
      select n.id, n.node_id, n.end_reason, n.error, n.queued_seq, row_number() over (partition by n.node_id order by n.queued_seq) as nth
        from node_executions n
       where n.execution_id = e.id and n.status = 'FAILED' and n.closed and not exists (select 1 from node_executions r where r.resurrects = n.id)) f
     where f.nth <= ${failuresRead}), '[]') end as failures,
  case when $8 or e.node_executions >= coalesce((e.limits ->> 'iterations')::bigint, 0) then
    coalesce((select json_object_agg(w.node_id, coalesce(l.iteration, 0) + (
         select count(*) from node_executions n where n.execution_id = e.id and n.node_id = w.node_id and n.queued_seq > coalesce(l.queued_seq, 0)))
       from unnest($2::text[]) as w (node_id)
       left join lateral (
         select n.iteration, n.queued_seq from node_executions n where n.execution_id = e.id and n.node_id = w.node_id and n.iteration is not null
          order by n.queued_seq desc limit 1) l on true), '{}') end as iterations
from executions e where e.id = $1`;

export async function readState(db: Database, id: ExecutionId, question: StateQuestion): Promise<State | null> {
  const { nodeIds, staticNodeIds, unorderedNodeIds, asked, inlineLimit, childWindow, exact, ...more } = question;
  const { rows } = await db.pool.query<State>({
    name: "read_state",
    text: stateQuery,
    values: [
      id,
      nodeIds,
      staticNodeIds,
      unorderedNodeIds,
      asked,
      inlineLimit,
      childWindow,
      exact,
      more.failingMapIds,
      more.outputBlockIds,
    ],
  });
  return rows[0] ?? null;
}

/** The state of an execution that nothing has happened in yet: no query is needed. */
export function freshState(head: Head): State {
  return {
    ...head,
    unfed: [],
    undelivered: [],
    queuedInline: [],
    queuedChildren: [],
    runningChildren: 0,
    maps: [],
    answered: [],
    autoApproved: [],
    asked: [],
    oldestLive: {},
    lastQueued: {},
    failures: [],
    iterations: {},
  };
}
