import { connect } from "../../db/client";
import { readTree } from "../../db/execution-tree";
import { readExecution } from "../../db/executions";
import { claimOutbox } from "../../db/outbox";
import { commitStep, type ChildRow } from "../../db/step";
import type { GraphDraft } from "../../graph/definition";
import { parseExecutionId, type ExecutionId } from "../../graph/ids";
import { defaultLimits } from "../../graph/limits";
import { testDatabase } from "../support/database";
import { begin, fence, newExecutionId, ownerId, queuedNode, saveGraph, startGraph } from "../support/factory";
import { faultsOf, readAll } from "../support/record";
import { createRunner } from "../support/run";
import { testTree } from "../support/tree";
import { draft, node } from "../unit/graph/fixtures";

/** A first step in which a node starts another graph, detached. */
async function setup() {
  const tree = await testTree();
  const id = newExecutionId();
  const ended = { status: "COMPLETED", endReason: "finished", closed: true, started: 3, ended: 3 } as const;
  const starter = queuedNode(2, { ...ended, placement: "child", childExecutionId: id });
  const child: ChildRow = {
    ...{ id, parentNodeExecutionId: starter.id, graphId: tree.graph.id, graphVersion: tree.graph.version },
    ...{ inputs: { x: 1 }, masks: {}, queued: null },
  };
  const first = begin(tree.root, {
    inserts: [starter],
    children: [child],
    events: [
      { type: "node.queued", executionId: tree.root, nodeExecutionId: starter.id },
      { type: "node.completed", executionId: tree.root, nodeExecutionId: starter.id },
    ],
  });
  return { ...tree, id, starter, first };
}

describe("a detached nested graph", () => {
  test("is born in its parent's step as a tree of its own, with a link back and a start", async () => {
    await using tree = await setup();
    expect(await commitStep(tree.db, tree.root, [tree.first])).toEqual([null]);
    expect(await readExecution(tree.db, ownerId, tree.id, [])).toMatchObject({
      rootId: tree.id,
      parentId: null,
      depth: 0,
      status: "QUEUED",
      inputs: { x: 1 },
      detachedFrom: { executionId: tree.root, nodeExecutionId: tree.starter.id },
      tree: { executions: 1, liveExecutions: 1 },
    });
    expect(await readExecution(tree.db, ownerId, tree.root, [])).toMatchObject({
      childExecutions: 0,
      tree: { executions: 1, liveExecutions: 1 },
    });
    expect(await claimOutbox(tree.db, 10, 1_000)).toMatchObject([{ kind: "start", subjectId: tree.id }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is not started under a fence", async () => {
    await using tree = await setup();
    await fence(tree.db, tree.root);
    const before = await readAll(tree.db);
    expect(await commitStep(tree.db, tree.root, [tree.first])).toEqual(["fenced"]);
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("shows in the tree of its parent as a link, not as a child", async () => {
    await using tree = await setup();
    await commitStep(tree.db, tree.root, [tree.first]);
    const shown = await readTree(tree.db, ownerId, tree.root, { depth: 9, limit: 9 }, []);
    expect(shown).toMatchObject([
      {
        id: tree.root,
        detached: [{ executionId: tree.id, nodeExecutionId: tree.starter.id, status: "QUEUED" }],
        totals: { executions: 1 },
      },
    ]);
  });
});

/** Each execution starts the same graph again, detached: a chain without an end, of trees that all are small. */
const chain: GraphDraft = {
  id: "chain",
  ...draft(
    [
      node("x", "AgentInput", { name: "x" }),
      { ...node("next", "AgentExecutor", { graphId: "chain", graphVersion: 1 }), lifecycle: "detached" },
      node("id", "AgentOutput", { name: "id" }),
    ],
    ["x.result -> next.x", "next.executionId -> id.value"],
  ),
};

test("a chain of detached graphs counts its lineage, and the limit of depth ends it", async () => {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  try {
    const run = createRunner(db);
    const graph = await saveGraph(db, chain);
    const root = await startGraph(db, graph, { inputs: { x: 1 }, limits: { ...defaultLimits, depth: 2 } });
    const next = async (id: ExecutionId) => {
      await run(id);
      const { rows } = await db.pool.query<{ id: string }>("select id from executions where origin_execution_id = $1", [
        id,
      ]);
      return rows.map((row) => parseExecutionId(row.id));
    };
    const [second] = await next(root);
    const [third] = await next(second ?? root);
    expect(await next(third ?? root)).toEqual([]);
    const ends = await Promise.all([root, second, third].map((id) => readExecution(db, ownerId, id ?? root, [])));
    expect(ends).toMatchObject([
      { status: "COMPLETED", depth: 0 },
      { status: "COMPLETED", depth: 0, detachedFrom: { executionId: root } },
      { status: "FAILED", endReason: "node_failed", error: { nodes: ["next"] } },
    ]);
    const { rows } = await db.pool.query("select data from events where type = 'limit.exceeded'");
    expect(rows).toMatchObject([{ data: { limit: "depth", max: 2, nodeId: "next" } }]);
    expect(await faultsOf(db)).toEqual([]);
  } finally {
    await db.close();
  }
});
