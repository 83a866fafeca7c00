import { readOutstanding, startNodes } from "../../db/nodes";
import { commitStep } from "../../db/step";
import type { NodeExecutionId } from "../../graph/ids";
import {
  begin,
  beginWithChildren,
  beginWithNodes,
  completed,
  fence,
  newNodeId,
  queuedNode,
  startGraph,
  unit,
} from "../support/factory";
import { faultsOf, readAll } from "../support/record";
import { testTree } from "../support/tree";

/** A RUNNING root with `count` queued remote nodes. */
async function setup(count = 2) {
  const tree = await testTree();
  const { unit: first, ids } = beginWithNodes(tree.root, count, { inputs: { url: "http://a.test" } });
  await commitStep(tree.db, tree.root, [first]);
  const start = (...some: NodeExecutionId[]) =>
    startNodes(
      tree.db,
      tree.root,
      some.map((id) => ({ id, hostId: null })),
    );
  return { ...tree, ids, start };
}

describe("starting attempts of nodes", () => {
  test("mints a token each time, and answers in the order asked", async () => {
    await using tree = await setup();
    const [a, b] = tree.ids as [NodeExecutionId, NodeExecutionId];
    const started = {
      because: null,
      exhausted: false,
      attempt: 1,
      emitted: 0,
      reused: null,
      nodeId: "n",
      inputs: { url: "http://a.test" },
    };
    expect(await tree.start(b, a)).toEqual([
      { id: b, ...started },
      { id: a, ...started },
    ]);
    expect(await tree.start(a)).toEqual([{ id: a, ...started, attempt: 2 }]);
    const { rows } = await tree.db.pool.query(
      "select data ->> 'attempt' as attempt, node_execution_id as id from events where type = 'node.started' order by seq",
    );
    expect(rows).toEqual([
      { id: b, attempt: "1" },
      { id: a, attempt: "1" },
      { id: a, attempt: "2" },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("refuses what is not there, is of another tree or has ended, and starts the others", async () => {
    await using tree = await setup();
    const [a, b] = tree.ids as [NodeExecutionId, NodeExecutionId];
    const other = await startGraph(tree.db, tree.graph);
    const { unit: first, ids } = beginWithNodes(other, 1);
    const [foreign] = ids as [NodeExecutionId];
    await commitStep(tree.db, other, [first]);
    await tree.start(a);
    const end = unit(tree.root, 1, {
      updates: [completed(a, 1)],
      events: [{ type: "node.completed", executionId: tree.root, nodeExecutionId: a }],
      execution: { open: -1, waiting: 0, failed: 0, unhandled: 0 },
    });
    expect(await commitStep(tree.db, tree.root, [end])).toEqual([null]);
    expect(await tree.start(newNodeId(), a, foreign, b)).toMatchObject([
      { because: "missing" },
      { because: "ended" },
      { because: "missing" },
      { because: null, attempt: 1 },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test.each(["self", "subtree"] as const)("refuses all under a %s fence, and writes nothing", async (scope) => {
    await using tree = await setup();
    await fence(tree.db, tree.root, { cascade: scope === "subtree" });
    const before = await readAll(tree.db);
    expect(await tree.start(...tree.ids)).toMatchObject(tree.ids.map((id) => ({ id, because: "fenced" })));
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("looks at every ancestor's fence, and of a self fence only at the execution's own", async () => {
    await using tree = await testTree();
    const { unit: first, ids: childIds } = beginWithChildren(tree.root, tree.graph, 1);
    const [child] = childIds;
    if (!child) throw new Error("no child");
    await commitStep(tree.db, tree.root, [first]);
    const { unit: second, ids } = beginWithNodes(child, 1);
    await commitStep(tree.db, tree.root, [second]);
    const start = async () =>
      (
        await startNodes(
          tree.db,
          tree.root,
          ids.map((id) => ({ id, hostId: null })),
        )
      ).map(({ because }) => because);
    await fence(tree.db, tree.root, { cascade: false });
    expect(await start()).toEqual([null]);
    await fence(tree.db, tree.root, { cascade: true });
    expect(await start()).toEqual(["fenced"]);
  });
});

describe("what is outstanding", () => {
  test("is what runs, waits or is queued for Temporal, the oldest first, a window of each", async () => {
    await using tree = await setup(5);
    const [a, b, c] = tree.ids as [NodeExecutionId, NodeExecutionId, NodeExecutionId];
    await tree.start(c);
    const timer = queuedNode(1, { placement: "wait", status: "WAITING", started: 1, wakeInMs: 60_000, wakesLeft: 2 });
    const inline = queuedNode(2, { placement: "inline" });
    const more = unit(tree.root, 1, {
      inserts: [timer, inline],
      events: [
        { type: "node.waiting", executionId: tree.root, nodeExecutionId: timer.id },
        { type: "node.queued", executionId: tree.root, nodeExecutionId: inline.id },
      ],
      execution: { open: 2, waiting: 1, failed: 0, unhandled: 0 },
    });
    expect(await commitStep(tree.db, tree.root, [more])).toEqual([null]);
    const all = await readOutstanding(tree.db, tree.root, [], 2);
    expect(all.map(({ id, status }) => [id, status])).toEqual([
      [a, "QUEUED"],
      [b, "QUEUED"],
      [c, "RUNNING"],
      [timer.id, "WAITING"],
    ]);
    const [, , , wait] = all;
    expect(wait).toMatchObject({ wakesLeft: 2, nodeId: "n" });
    expect(wait?.wakeInMs).toBeGreaterThan(30_000);
    expect(wait?.wakeInMs).toBeLessThanOrEqual(60_000);
    const unknown = await readOutstanding(tree.db, tree.root, [a, c, timer.id], 200);
    expect(unknown.map(({ id }) => id)).toEqual([b, ...tree.ids.slice(3)]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("leaves out what runs on in the activity of a node that is known", async () => {
    await using tree = await setup(2);
    const [host, next] = tree.ids as [NodeExecutionId, NodeExecutionId];
    await tree.start(host);
    await startNodes(tree.db, tree.root, [{ id: next, hostId: host }]);
    expect(await readOutstanding(tree.db, tree.root, [host], 10)).toEqual([]);
    // Whoever does not know the host (its activity is gone) has to look after both.
    expect((await readOutstanding(tree.db, tree.root, [], 10)).map(({ id }) => id)).toEqual([host, next]);
    await tree.start(next);
    expect((await readOutstanding(tree.db, tree.root, [host], 10)).map(({ id }) => id)).toEqual([next]);
  });

  test("of nested graphs is those that run", async () => {
    await using tree = await testTree();
    const { unit: first, ids, nodeIds } = beginWithChildren(tree.root, tree.graph, 2);
    await commitStep(tree.db, tree.root, [first]);
    await commitStep(tree.db, tree.root, [begin(ids[0] ?? tree.root)]);
    const outstanding = await readOutstanding(tree.db, tree.root, [], 10);
    expect(outstanding.map(({ id, childExecutionId }) => [id, childExecutionId])).toEqual(
      nodeIds.map((id, index) => [id, ids[index]]),
    );
  });
});
