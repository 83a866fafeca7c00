import type { Database } from "../../db/client";
import { commitStep } from "../../db/step";
import type { ExecutionId } from "../../graph/ids";
import { begin, beginWithChildren, beginWithNodes, saveGraph, startGraph } from "../support/factory";
import { draft, node } from "../unit/graph/fixtures";

/** Units that go into one step: a bigger one would hold the tree's lock for long. */
const perStep = 250;

/** The rows of a root with `children` nested graphs, each begun with `nodes` queued remote nodes; no workflow has made them. */
export async function recordWideTree(db: Database, children: number, nodes: number): Promise<ExecutionId> {
  const graph = await saveGraph(db, draft([node("n", "StoreValue", { input: 1 })], []));
  const root = await startGraph(db, graph);
  const { unit, ids } = beginWithChildren(root, graph, children);
  await commitStep(db, root, [unit]);
  for (let from = 0; from < ids.length; from += perStep) {
    const part = ids.slice(from, from + perStep);
    await commitStep(
      db,
      root,
      part.map((id) => (nodes === 0 ? begin(id) : beginWithNodes(id, nodes).unit)),
    );
  }
  return root;
}
