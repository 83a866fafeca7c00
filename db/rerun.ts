import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { Database } from "./client";

export type Rerun = {
  readonly id: ExecutionId;
  readonly actor: string;
  readonly resumedFrom: ExecutionId;
  /** Nodes whose executions numbered from `fromSeq` on run again; null: all that completed is taken over. */
  readonly awaitsAdmission?: boolean;
  readonly again: { readonly except: readonly string[]; readonly fromSeq: number } | null;
};

/** Records a rerun of an ended execution (db/functions/rerun.sql); answers why not, null where it was recorded. */
export async function startRerun(db: Database, { again, ...rest }: Rerun): Promise<"live" | "missing" | null> {
  const { rows } = await db.pool.query<{ answer: { because: "live" | "missing" | null } }>({
    name: "rerun_tree",
    text: "select rerun_tree($1) as answer",
    values: [JSON.stringify({ ...rest, except: again?.except ?? [], fromSeq: again?.fromSeq ?? null })],
  });
  return rows[0] ? rows[0].answer.because : "missing";
}

/** Node and number of a node execution; null where the execution has none of this id. */
export async function readNodePlace(
  db: Database,
  executionId: ExecutionId,
  id: NodeExecutionId,
): Promise<{ readonly nodeId: string; readonly seq: number } | null> {
  const { rows } = await db.pool.query<{ nodeId: string; seq: number }>({
    name: "node_place",
    text: `select node_id as "nodeId", seq::float8 as seq from node_executions where id = $1 and execution_id = $2`,
    values: [id, executionId],
  });
  return rows[0] ?? null;
}
