import type { Masks } from "../graph/definition";
import type { ExecutionId, GraphId, NodeExecutionId, StopId } from "../graph/ids";
import type { Json, JsonObject } from "../graph/json";
import type { EndReason, Status } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";

/** An execution as it is shown: its row, with what the tables around it say of it. */
export type ExecutionRecord = {
  readonly id: ExecutionId;
  readonly rootId: ExecutionId;
  readonly parentId: ExecutionId | null;
  readonly parentNodeExecutionId: NodeExecutionId | null;
  readonly ancestors: readonly ExecutionId[];
  readonly depth: number;
  /** Of a detached root: the node that started it. */
  readonly detachedFrom: { readonly executionId: ExecutionId; readonly nodeExecutionId: NodeExecutionId } | null;
  readonly graphId: GraphId;
  readonly graphVersion: number;
  readonly graphName: string;
  readonly status: Status;
  readonly endReason: EndReason | null;
  readonly inputs: JsonObject;
  readonly masks: Masks;
  readonly error: RecordedError | null;
  readonly limits: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly budget: number | null;
  readonly nodeExecutions: number;
  readonly failedNodeExecutions: number;
  readonly childExecutions: number;
  readonly resurrections: number;
  readonly charge: number;
  readonly firstRunId: string | null;
  readonly resumedFrom: ExecutionId | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly tree: {
    readonly executions: number;
    readonly liveExecutions: number;
    readonly nodeExecutions: number;
    readonly charge: number;
    readonly maxDepth: number;
  };
  /** The fence it is under, unless it had ended before; a subtree fence wins over its own `self` one. */
  readonly fence: { readonly stopId: StopId; readonly at: string } | null;
  /** Of a QUEUED root: its place in the queue, 0 when it has been admitted; else null. */
  readonly queuePosition: number | null;
  /** Paused, itself or from above: `pausing` while something of its subtree still runs. null: not, or over, or being stopped. */
  readonly hold: "pausing" | "paused" | null;
  /** Of its completed Output nodes, in queue order: their recorded inputs and each value of their pin `output`. */
  readonly outputs: readonly (readonly [inputs: JsonObject, value: Json])[];
};

/**
 * Of `e` executions, `g` its graph, `t` its tree; $1 are the ids of the blocks that are Outputs. Values stay whole: see schema.ts.
 * $1 is read by a subquery: where the planner sees the list, it makes this plan anew for each call, which is a millisecond.
 */
export const executionColumns = `
  e.id, e.root_id as "rootId", e.parent_id as "parentId", e.parent_node_execution_id as "parentNodeExecutionId",
  case when e.origin_execution_id is not null then
    json_build_object('executionId', e.origin_execution_id, 'nodeExecutionId', e.origin_node_execution_id) end as "detachedFrom",
  to_json(e.ancestors) as ancestors, e.depth, e.graph_id as "graphId", e.graph_version as "graphVersion", g.name as "graphName",
  e.status, e.end_reason as "endReason", e.inputs, e.masks, e.error, e.limits, e.labels, e.budget::float8 as budget,
  e.node_executions as "nodeExecutions", e.failed_node_executions as "failedNodeExecutions",
  e.child_executions as "childExecutions", e.resurrections, e.charge::float8 as charge, e.first_run_id as "firstRunId",
  e.resumed_from as "resumedFrom", e.created_at as "createdAt", e.started_at as "startedAt", e.ended_at as "endedAt",
  json_build_object('executions', t.executions, 'liveExecutions', t.live_executions, 'nodeExecutions', t.node_executions,
    'charge', t.charge, 'maxDepth', t.max_depth) as tree,
  (select json_build_object('stopId', f.stop_id, 'at', f.created_at)
     from fences f
    where f.root_id = e.root_id and (f.execution_id = e.id or (f.scope = 'subtree' and f.execution_id = any (e.ancestors)))
      and (e.ended_seq is null or e.ended_seq > f.seq)
    order by f.scope desc, f.seq limit 1) as fence,
  case when e.ended_at is null and path_held(e.root_id, e.id, e.ancestors) and not exists (select 1 from path_fence(e.root_id, e.id, e.ancestors)) then
    case when exists (
      select 1 from executions d join node_executions n on n.execution_id = d.id and n.ended_at is null and n.status = 'RUNNING' and n.placement <> 'child'
       where d.root_id = e.root_id and d.ended_at is null and (d.id = e.id or e.id = any (d.ancestors)))
    then 'pausing' else 'paused' end end as hold,
  case when e.depth = 0 and e.status = 'QUEUED' then case when not e.awaits_admission then 0 else
    (select count(*)::int + 1 from executions w where w.owner_id = e.owner_id and w.awaits_admission and w.ended_at is null
      and (w.priority, w.created_at, w.id) < (e.priority, e.created_at, e.id)) end end as "queuePosition",
  coalesce((select json_agg(json_build_array(n.inputs, o.value) order by n.queued_seq, o.ordinal)
     from node_executions n join outputs o on o.node_execution_id = n.id and o.pin = 'output'
    where n.execution_id = e.id and n.block_id = any ((select $1::text[])::text[]) and n.status = 'COMPLETED'), '[]') as outputs`;

export const executionTables = `
  executions e
  join graphs g on g.id = e.graph_id and g.version = e.graph_version
  join trees t on t.root_id = e.root_id`;

export async function readExecution(
  db: Database,
  ownerId: string,
  id: ExecutionId,
  outputBlocks: readonly string[],
): Promise<ExecutionRecord | null> {
  const { rows } = await db.pool.query<ExecutionRecord>({
    name: "read_execution",
    text: `select ${executionColumns} from ${executionTables} where e.id = $2 and e.owner_id = $3`,
    values: [outputBlocks, id, ownerId],
  });
  return rows[0] ?? null;
}

/** Of executions and stops, those that are over or not there (any more). */
export async function findOver(db: Database, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>({
    name: "find_over",
    text: `
      select w.id from unnest($1::uuid[]) as w (id)
       where not exists (select 1 from executions e where e.id = w.id and e.ended_at is null)
         and not exists (select 1 from stops s where s.id = w.id and s.status <> 'CLOSED')`,
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

export type ExecutionFilter = {
  /** Empty: any. */
  readonly statuses: readonly Status[];
  readonly graphId: GraphId | null;
  readonly rootsOnly: boolean;
  readonly labels: Readonly<Record<string, string>>;
};

/** Place in the list: creation time and id of the last execution seen. */
export type ExecutionCursor = { readonly createdAt: Date; readonly id: string };

/** An owner's executions, the newest first; at most `limit`, after `cursor`. */
export async function listExecutions(
  db: Database,
  ownerId: string,
  filter: ExecutionFilter,
  page: { readonly limit: number; readonly cursor: ExecutionCursor | null },
  outputBlocks: readonly string[],
): Promise<ExecutionRecord[]> {
  const values: unknown[] = [outputBlocks, ownerId, page.limit];
  const conditions = ["e.owner_id = $2"];
  const add = (condition: (place: string) => string, value: unknown) =>
    conditions.push(condition(`$${values.push(value)}`));
  if (filter.statuses.length > 0) add((place) => `e.status = any (${place}::status[])`, filter.statuses);
  if (filter.graphId) add((place) => `e.graph_id = ${place}`, filter.graphId);
  if (filter.rootsOnly) conditions.push("e.depth = 0");
  if (Object.keys(filter.labels).length > 0)
    add((place) => `e.labels @> ${place}::jsonb`, JSON.stringify(filter.labels));
  if (page.cursor) {
    const { createdAt, id } = page.cursor;
    add(
      (place) => `(e.created_at, e.id) < (${place}::timestamptz, $${values.push(id)}::uuid)`,
      createdAt.toISOString(),
    );
  }
  const { rows } = await db.pool.query<ExecutionRecord>(
    `select ${executionColumns} from ${executionTables} where ${conditions.join(" and ")}
      order by e.created_at desc, e.id desc limit $3`,
    values,
  );
  return rows;
}
