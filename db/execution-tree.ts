import type { ExecutionId, GraphId, NodeExecutionId } from "../graph/ids";
import type { Status } from "../graph/status";
import type { Database } from "./client";
import { executionColumns, executionTables, type ExecutionRecord } from "./executions";

export type Totals = {
  readonly executions: number;
  readonly nodeExecutions: number;
  readonly charge: number;
  /** Statuses that occur. */
  readonly byStatus: Partial<Record<Status, number>>;
};

export type TreeRecord = ExecutionRecord & {
  /** The node of its parent that runs it; null of a root. */
  readonly node: {
    readonly id: string;
    readonly item: number | null;
    readonly graphId: GraphId;
    readonly graphVersion: number;
  } | null;
  /** Its nodes that map over a list, at most 1,000: how many of their items have ended. */
  readonly maps: readonly {
    nodeExecutionId: NodeExecutionId;
    nodeId: string;
    done: number;
    failed: number;
    total: number;
  }[];
  /** The executions that its detached nested graphs have started, each a tree of its own; the first 1,000. */
  readonly detached: readonly { executionId: ExecutionId; nodeExecutionId: NodeExecutionId; status: Status }[];
  /** Of the execution and all its descendants, shown or not. */
  readonly totals: Totals;
};

/**
 * An execution and its descendants down to `depth` levels below it, at most `limit`, parents before children, siblings in the
 * order they were made. Empty where the owner has no such execution. One statement, so that all of it is of one moment.
 */
export async function readTree(
  db: Database,
  ownerId: string,
  id: ExecutionId,
  bounds: { readonly depth: number; readonly limit: number },
  outputBlocks: readonly string[],
): Promise<TreeRecord[]> {
  const { rows } = await db.pool.query<TreeRecord>({
    name: "read_tree",
    text: `
      with target as (
        select root_id, depth from executions where id = $2 and owner_id = $3
      ), subtree as materialized (
        select e.id, e.ancestors, e.depth, e.created_seq, e.status, e.node_executions, e.charge
          from target join executions e on e.root_id = target.root_id
         where e.id = $2 or $2 = any (e.ancestors)
      ), shown as (
        select s.id from subtree s, target
         where s.depth <= target.depth + $4 order by s.depth, s.created_seq limit $5
      ), counted as (
        select above.id, s.status, count(*) as executions, sum(s.node_executions) as nodes, sum(s.charge) as charge
          from subtree s, target, unnest(s.ancestors[target.depth + 1:] || s.id) as above (id)
         group by above.id, s.status
      ), totals as (
        select id, json_build_object('executions', sum(executions), 'nodeExecutions', sum(nodes), 'charge', sum(charge),
            'byStatus', json_object_agg(status, executions)) as totals
          from counted group by id
      )
      select ${executionColumns}, totals.totals,
        case when e.detached_executions = 0 then '[]' else (
          select coalesce(json_agg(d), '[]') from (
            select d.id as "executionId", d.origin_node_execution_id as "nodeExecutionId", d.status
              from executions d where d.origin_execution_id = e.id order by d.created_at, d.id limit 1000) d) end as detached,
        case when not exists (select 1 from executions c where c.parent_id = e.id and c.item is not null) then '[]' else (
          select coalesce(json_agg(m), '[]') from (
            select n.id as "nodeExecutionId", n.node_id as "nodeId", n.map_ended as done, n.map_failed as failed, n.map_items as total
              from node_executions n where n.execution_id = e.id and n.map_items is not null order by n.seq limit 1000) m) end as maps,
        case when p.id is not null then
          json_build_object('id', pn.node_id, 'item', e.item, 'graphId', p.graph_id, 'graphVersion', p.graph_version) end as node
        from ${executionTables}
        join shown on shown.id = e.id
        join totals on totals.id = e.id
        left join executions p on p.id = e.parent_id
        left join node_executions pn on pn.id = e.parent_node_execution_id
       order by e.depth, e.created_seq`,
    values: [outputBlocks, id, ownerId, bounds.depth, bounds.limit],
  });
  return rows;
}
