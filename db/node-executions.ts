import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { Json, JsonObject } from "../graph/json";
import type { EndReason, Status } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";

/** A node execution as it is shown. */
export type NodeExecutionRecord = {
  readonly id: NodeExecutionId;
  readonly executionId: ExecutionId;
  readonly rootId: ExecutionId;
  readonly nodeId: string;
  readonly blockId: string;
  readonly seq: number;
  readonly status: Status;
  readonly endReason: EndReason | null;
  readonly attempt: number;
  readonly inputs: JsonObject;
  readonly outputs: readonly { readonly pin: string; readonly value: Json }[];
  readonly error: RecordedError | null;
  readonly charge: number;
  readonly usage: Json;
  readonly childExecutionId: ExecutionId | null;
  /** Of a map: how many of its items have ended, and how. */
  readonly map: { readonly done: number; readonly failed: number; readonly total: number } | null;
  /** The failed node execution that it runs again. */
  readonly resurrects: NodeExecutionId | null;
  readonly missingPins: readonly string[] | null;
  readonly queuedAt: Date | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
};

export type NodeFilter = {
  /** Empty: any. */
  readonly statuses: readonly Status[];
  readonly nodeId: string | null;
};

/** Node executions of one execution in the order they were made; at most `limit`, with numbers above `after`. */
export async function listNodeExecutions(
  db: Database,
  executionId: ExecutionId,
  filter: NodeFilter,
  page: { readonly limit: number; readonly after: number },
): Promise<NodeExecutionRecord[]> {
  const { rows } = await db.pool.query<NodeExecutionRecord>(
    `select n.id, n.execution_id as "executionId", n.root_id as "rootId", n.node_id as "nodeId", n.block_id as "blockId",
        n.seq::float8 as seq, n.status, n.end_reason as "endReason", n.attempt, n.inputs, n.error, n.charge::float8 as charge,
        n.usage, n.child_execution_id as "childExecutionId", n.resurrects, n.missing_pins as "missingPins",
        case when n.map_items is not null then json_build_object('done', n.map_ended, 'failed', n.map_failed, 'total', n.map_items) end as map,
        n.queued_at as "queuedAt", n.started_at as "startedAt", n.ended_at as "endedAt",
        coalesce((select json_agg(json_build_object('pin', o.pin, 'value', o.value) order by o.ordinal)
           from outputs o where o.node_execution_id = n.id), '[]') as outputs
       from node_executions n
      where n.execution_id = $1 and n.seq > $2
        and (cardinality($3::status[]) = 0 or n.status = any ($3)) and ($4::text is null or n.node_id = $4)
      order by n.seq limit $5`,
    [executionId, page.after, filter.statuses, filter.nodeId, page.limit],
  );
  return rows;
}
