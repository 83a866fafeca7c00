import type { Database } from "../../db/client";
import { commitStep } from "../../db/step";
import type { ExecutionId } from "../../graph/ids";
import type { JsonObject } from "../../graph/json";
import type { GraphVersion } from "../../graph/register";
import { begin, beginWithChildren, saveGraph, startGraph, unit } from "./factory";
import { draft, node } from "../unit/graph/fixtures";

/** A tree that the test lets grow, event by event, without an engine: a root with `children` nested graphs. */
export async function startGrowth(db: Database, children = 0) {
  const graph: GraphVersion = await saveGraph(db, draft([node("n", "StoreValue", { input: 1 })], []));
  const rootId = await startGraph(db, graph);
  const versions = new Map<ExecutionId, number>();

  async function commit(id: ExecutionId, make: (version: number) => ReturnType<typeof unit>, through = db) {
    const version = versions.get(id) ?? 0;
    const [refusal] = await commitStep(through, rootId, [make(version)]);
    if (refusal !== null) throw new Error(`refused: ${refusal}`);
    versions.set(id, version + 1);
  }

  const begun = beginWithChildren(rootId, graph, children);
  await commit(rootId, () => begun.unit);
  for (const id of begun.ids) await commit(id, () => begin(id));
  return {
    rootId,
    children: begun.ids,
    /** Writes `count` events of one execution in one step. */
    async grow(id: ExecutionId, count: number, data: JsonObject = {}, through = db): Promise<void> {
      const types = ["node.queued", "node.output"] as const;
      const events = Array.from({ length: count }, (_, index) => ({
        type: types[index % 2] ?? "node.queued",
        executionId: id,
        data: { index, ...data },
      }));
      await commit(id, (version) => unit(id, version, { events }), through);
    },
    /** Ends one execution; the root last. */
    async end(id: ExecutionId, through = db): Promise<void> {
      const execution = {
        status: "COMPLETED",
        endReason: "finished",
        ended: 1,
        waiting: 0,
        failed: 0,
        unhandled: 0,
      } as const;
      const open = id === rootId ? -children : 0;
      const events = [{ type: "execution.completed", executionId: id }];
      await commit(id, (version) => unit(id, version, { events, execution: { ...execution, open } }), through);
    },
  };
}

/** What the table holds of a tree, by number. */
export async function readTable(db: Database, rootId: ExecutionId): Promise<{ seq: number; type: string }[]> {
  const { rows } = await db.pool.query<{ seq: number; type: string }>(
    "select seq::float8 as seq, type from events where root_id = $1 order by seq",
    [rootId],
  );
  return rows;
}
