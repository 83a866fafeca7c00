import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import type { Database } from "./client";

/** An event as API.md gives it. */
export type EventRecord = {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly rootId: ExecutionId;
  readonly executionId: ExecutionId;
  readonly nodeExecutionId: NodeExecutionId | null;
  readonly data: JsonObject;
};

/** Of `t`, a tree: the number of its oldest event that is kept. */
const firstSeq = `coalesce((select v.seq from event_rows v where v.root_id = t.root_id order by v.seq limit 1), t.seq + 1)::float8 as "firstSeq"`;

/** Where an execution's events stand among those of its tree. */
export type EventPlace = {
  readonly id: ExecutionId;
  readonly rootId: ExecutionId;
  /** Its own first event's number. */
  readonly createdSeq: number;
  /** Numbers of the tree's oldest event that is kept, and of its last. */
  readonly firstSeq: number;
  readonly treeSeq: number;
};

/** null where the owner has no such execution. */
export async function readEventPlace(db: Database, ownerId: string, id: ExecutionId): Promise<EventPlace | null> {
  const { rows } = await db.pool.query<EventPlace>({
    name: "event_place",
    text: `
      select e.id, e.root_id as "rootId", e.created_seq::float8 as "createdSeq", t.seq::float8 as "treeSeq", ${firstSeq}
        from executions e join trees t on t.root_id = e.root_id where e.id = $1 and e.owner_id = $2`,
    values: [id, ownerId],
  });
  return rows[0] ?? null;
}

export type EventFilter = {
  readonly rootId: ExecutionId;
  /** Only events of this execution and its descendants; null: of the whole tree. */
  readonly within: ExecutionId | null;
  readonly after: number;
  readonly limit: number;
  /** Whether values (`node.output`) are among them, and whether all the others are; both unless said. */
  readonly values?: boolean;
  readonly lifecycle?: boolean;
};

export type EventPage = {
  readonly events: readonly EventRecord[];
  /** Up to this number nothing that was asked for is missing: where to go on. */
  readonly lastSeq: number;
  /** Number of the tree's last event; a page that comes up to it was all there is. */
  readonly treeSeq: number;
  /** Number of the oldest event that is kept. */
  readonly firstSeq: number;
};

/** Of the tree $1: the row that holds the first event after $3. */
const firstRow = "coalesce((select max(r.seq) from event_rows r where r.root_id = $1 and r.seq <= $3 + 1), 0)";

/**
 * The next events after a number, in order, from one snapshot: numbers are given under the tree's lock, so what is visible has
 * no gap. null: the tree is gone. A small subtree of a tree of 100,000 events costs one pass over them, 0.1 to 0.2 s.
 */
export async function readEvents(
  db: Database,
  { rootId, within, after, limit, values = true, lifecycle = true }: EventFilter,
): Promise<EventPage | null> {
  const { rows } = await db.pool.query<Omit<EventPage, "lastSeq">>({
    name: "read_events",
    text: `
      select t.seq::float8 as "treeSeq", ${firstSeq},
        coalesce((
          select json_agg(json_build_object('seq', v.seq, 'type', v.type,
              'at', to_char(v.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'rootId', v.root_id, 'executionId', v.execution_id,
              'nodeExecutionId', v.node_execution_id, 'data', coalesce(v.data, '{}')) order by v.seq)
            from (
              select * from events v
               where v.root_id = $1 and v.seq > $3 and v.row_seq >= ${firstRow} and ($5 or v.type <> 'node.output') and ($6 or v.type = 'node.output')
                 and ($2::uuid is null or v.execution_id = $2
                   or v.execution_id in (select e.id from executions e where e.root_id = $1 and $2 = any (e.ancestors)))
               order by v.row_seq, v.seq limit $4) v), '[]') as events
        from trees t where t.root_id = $1`,
    values: [rootId, within === rootId ? null : within, after, limit, values, lifecycle],
  });
  const [page] = rows;
  if (!page) return null;
  const lastSeq = page.events.length < limit ? Math.max(after, page.treeSeq) : (page.events.at(-1)?.seq ?? after);
  return { ...page, lastSeq };
}

/** Whether nothing more will happen in an execution and its descendants: it has ended, and every stop in it is closed. */
export async function readIsOver(db: Database, id: ExecutionId): Promise<{ isOver: boolean; treeSeq: number } | null> {
  const { rows } = await db.pool.query<{ isOver: boolean; treeSeq: number }>({
    name: "events_over",
    text: `
      select t.seq::float8 as "treeSeq", e.ended_at is not null and not exists (
          select 1 from stops s join executions d on d.id = s.execution_id
           where s.status <> 'CLOSED' and s.root_id = e.root_id and (d.id = e.id or e.id = any (d.ancestors))) as "isOver"
        from executions e join trees t on t.root_id = e.root_id where e.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** The number of the last event of each of these trees that is there. */
export async function readTreeSeqs(db: Database, rootIds: readonly ExecutionId[]): Promise<Map<ExecutionId, number>> {
  const { rows } = await db.pool.query<{ rootId: ExecutionId; seq: number }>({
    name: "tree_seqs",
    text: `select root_id as "rootId", seq::float8 as seq from trees where root_id = any ($1)`,
    values: [rootIds],
  });
  return new Map(rows.map(({ rootId, seq }) => [rootId, seq]));
}

/** From the root down to the parent, of each of these executions. */
export async function readAncestors(
  db: Database,
  ids: readonly ExecutionId[],
): Promise<{ id: ExecutionId; ancestors: ExecutionId[] }[]> {
  const { rows } = await db.pool.query<{ id: ExecutionId; ancestors: ExecutionId[] }>({
    name: "ancestors",
    text: "select id, to_json(ancestors) as ancestors from executions where id = any ($1)",
    values: [ids],
  });
  return rows;
}
