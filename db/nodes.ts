import { uuidv7 } from "uuidv7";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import type { Placement } from "../graph/block";
import type { Emission } from "../graph/definition";
import type { Status } from "../graph/status";
import type { Database } from "./client";
import type { RecordedError } from "./schema";

export type StartedNode = {
  readonly id: NodeExecutionId;
  readonly because: null;
  readonly attempt: number;
  readonly nodeId: string;
  readonly inputs: JsonObject;
  /** Outputs that earlier attempts have recorded. */
  readonly emitted: number;
  /** Rerun: what an earlier execution's node gave for the same inputs; it is not to run again. */
  readonly reused: readonly Emission[] | null;
};

export type NodeStart =
  | StartedNode
  | {
      readonly id: NodeExecutionId;
      readonly because: "missing" | "ended" | "fenced" | "held";
      /** Of `fenced`: by this very call, for it does not fit into the tree's budget. */
      readonly exhausted?: boolean;
    };

export type NodeToStart = {
  readonly id: NodeExecutionId;
  /** Run-on: the node execution whose activity starts it. */
  readonly hostId: NodeExecutionId | null;
};

/**
 * Starts attempts of node executions of one tree (db/functions/start-nodes.sql); the answers are in the order asked. `estimates`: by
 * block, the credits that a start reserves where the tree has a budget.
 */
export async function startNodes(
  db: Database,
  rootId: ExecutionId,
  nodes: readonly NodeToStart[],
  estimates: { readonly [blockId: string]: number } = {},
): Promise<NodeStart[]> {
  const ids = nodes.map((node) => node.id);
  const { rows } = await db.pool.query<{ starts: NodeStart[] }>({
    name: "start_nodes",
    text: "select start_nodes($1, $2, $3, $4, $5) as starts",
    values: [rootId, ids, nodes.map((node) => node.hostId), JSON.stringify(estimates), uuidv7()],
  });
  db.announce(rootId);
  const byId = new Map((rows[0]?.starts ?? []).map((start) => [start.id, start]));
  return ids.map((id) => byId.get(id) ?? { id, because: "missing" });
}

export type FailedAttempt = {
  readonly id: NodeExecutionId;
  readonly nodeId: string;
  readonly attempt: number;
  readonly error: RecordedError;
  /** Its code has ended; false: it does not follow its signal, and may go on. */
  readonly isOver: boolean;
};

/**
 * Notes that this attempt has failed and another one follows (db/functions/note-retry.sql). false: it does not count, since the
 * attempt was given up, the node has ended, or a fence lets no other one start.
 */
export async function noteRetry(
  db: Database,
  rootId: ExecutionId,
  { id, attempt, nodeId, error, isOver }: FailedAttempt,
): Promise<boolean> {
  const data = { nodeId, attempt, code: error.code, message: error.message };
  const { rows } = await db.pool.query<{ counts: boolean }>({
    name: "note_retry",
    text: "select note_retry($1, $2, $3, $4, $5) as counts",
    values: [rootId, id, attempt, JSON.stringify(data), isOver],
  });
  if (rows[0]?.counts) db.announce(rootId);
  return rows[0]?.counts ?? false;
}

/** Run-on: what the activity of `hostId` has started and what has not ended. */
export async function readHosted(
  db: Database,
  executionId: ExecutionId,
  hostId: NodeExecutionId,
): Promise<NodeExecutionId[]> {
  const { rows } = await db.pool.query<{ id: NodeExecutionId }>({
    name: "read_hosted",
    text: `select id from node_executions where execution_id = $1 and host_id = $2 and ended_at is null`,
    values: [executionId, hostId],
  });
  return rows.map(({ id }) => id);
}

export type OutstandingNode = {
  readonly id: NodeExecutionId;
  readonly nodeId: string;
  readonly status: Status;
  readonly placement: Placement;
  readonly childExecutionId: ExecutionId | null;
  readonly wakesLeft: number | null;
  readonly wakeInMs: number | null;
};

/**
 * What an execution has to do now that needs Temporal: nested graphs that run (of a map those of its items, each by the id of its
 * execution), timers that wait, remote nodes that run or are queued; at most `window` of each kind, oldest first. `known` leaves out what the asker has in hand, and what runs on in it.
 */
export async function readOutstanding(
  db: Database,
  executionId: ExecutionId,
  known: readonly NodeExecutionId[],
  window: number,
): Promise<OutstandingNode[]> {
  const { rows } = await db.pool.query<OutstandingNode>({
    name: "read_outstanding",
    text: `
      select coalesce(c.id, n.id) as id, n.node_id as "nodeId", n.status, n.placement, coalesce(c.id, n.child_execution_id) as "childExecutionId",
        n.wakes_left as "wakesLeft", ceil(extract(epoch from n.wake_at - clock_timestamp()) * 1000)::float8 as "wakeInMs"
      from (
        (select * from node_executions where execution_id = $1 and ended_at is null and status = 'RUNNING' and id <> all ($2::uuid[])
          and (host_id is null or host_id <> all ($2::uuid[])) order by queued_seq limit $3)
        union all
        (select * from node_executions where execution_id = $1 and ended_at is null and status = 'WAITING' and wake_at is not null and id <> all ($2::uuid[]) order by queued_seq limit $3)
        union all
        (select * from node_executions where execution_id = $1 and ended_at is null and status = 'QUEUED' and placement = 'remote' and id <> all ($2::uuid[])
          and (host_id is null or host_id <> all ($2::uuid[]))
          order by queued_seq limit $3)
      ) n
      left join executions c on n.map_items is not null and c.parent_node_execution_id = n.id and c.item is not null and c.ended_at is null
      where n.map_items is null or c.id <> all ($2::uuid[])
      order by n.queued_seq, c.item`,
    values: [executionId, known, window],
  });
  return rows;
}
