import { readHead, readState, type StateQuestion } from "../../db/state";
import { commitStep, type NodeInsert } from "../../db/step";
import type { ExecutionId } from "../../graph/ids";
import { beginWithChildren, fence, newExecutionId, queuedNode, begin } from "../support/factory";
import { faultsOf } from "../support/record";
import { testTree } from "../support/tree";

const question: StateQuestion = {
  nodeIds: ["a", "b", "n"],
  staticNodeIds: [],
  unorderedNodeIds: [],
  asked: [],
  inlineLimit: 100,
  childWindow: 100,
  failingMapIds: [],
  outputBlockIds: [],
  exact: false,
};

/** A row that ended with outputs that nobody has delivered yet. */
const undelivered = { status: "COMPLETED", endReason: "finished", emitted: 1, closed: false } as const;

/** A RUNNING root with the given node executions, queued in their order; those that ended have emitted their number. */
async function setup(rows: readonly Partial<NodeInsert>[]) {
  const tree = await testTree();
  const inserts = rows.map((row, index) =>
    queuedNode(index + 2, {
      ...(row.status === "COMPLETED" ? { started: index + 2, ended: index + 2 } : {}),
      ...(row.status === "INCOMPLETE" ? { queued: undefined } : {}),
      ...row,
    }),
  );
  const first = begin(tree.root, {
    inserts,
    outputs: inserts.flatMap(({ id, emitted }, value) => (emitted > 0 ? [{ id, ordinal: 0, pin: "out", value }] : [])),
    events: inserts.map(({ id }) => ({ type: "node.queued", executionId: tree.root, nodeExecutionId: id })),
    execution: {
      open: inserts.filter(({ status, closed }) => status !== "INCOMPLETE" && !closed).length,
      waiting: inserts.filter(({ status }) => status === "WAITING").length,
      failed: 0,
      unhandled: 0,
    },
  });
  expect(await commitStep(tree.db, tree.root, [first])).toEqual([null]);
  expect(await faultsOf(tree.db)).toEqual([]);
  const read = async (changes: Partial<StateQuestion> = {}) => {
    const state = await readState(tree.db, tree.root, { ...question, ...changes });
    if (!state) throw new Error("no state");
    return state;
  };
  return { ...tree, inserts, ids: inserts.map(({ id }) => id), read };
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

describe("what the planner reads", () => {
  test("of results to deliver is what no older execution of the same node holds back, in queue order", async () => {
    await using tree = await setup([
      { nodeId: "a", ...undelivered },
      { nodeId: "a", status: "RUNNING", started: 1 },
      { nodeId: "a", ...undelivered },
      { nodeId: "b", ...undelivered },
    ]);
    const [first, live, held, other] = tree.ids;
    const state = await tree.read();
    expect(idsOf(state.undelivered)).toEqual([first, other]);
    expect(state.undelivered.map(({ outputs }) => outputs)).toEqual([
      [{ pin: "out", value: 0 }],
      [{ pin: "out", value: 3 }],
    ]);
    expect(state.oldestLive).toEqual({ a: 4 });
    // Where the live one's result is what brings the caller here, it holds nobody back.
    const asked = await tree.read({ asked: live ? [live] : [] });
    expect(idsOf(asked.undelivered)).toEqual([first, held, other]);
    expect(idsOf(asked.asked)).toEqual([live]);
    expect(asked.oldestLive).toEqual({});
    // And where the node's order does not matter nobody is held back at all.
    expect(idsOf((await tree.read({ unorderedNodeIds: ["a"] })).undelivered)).toEqual([first, held, other]);
  });

  test("of outputs is what was not delivered before", async () => {
    await using tree = await setup([{ nodeId: "a", ...undelivered }]);
    const [id] = tree.ids;
    await tree.db.pool.query("insert into outputs values ($1, 1, 'out', '\"second\"')", [id]);
    await tree.db.pool.query("update node_executions set emitted = 2, delivered = 1");
    expect((await tree.read()).undelivered[0]?.outputs).toEqual([{ pin: "out", value: "second" }]);
  });

  test("of what waits for inputs is the oldest first", async () => {
    const inputs = [{ x: 1 }, { x: 2 }];
    await using tree = await setup(inputs.map((one) => ({ nodeId: "b", status: "INCOMPLETE", inputs: one })));
    expect((await tree.read()).unfed).toEqual(
      tree.ids.map((id, index) => ({ id, nodeId: "b", inputs: inputs[index] })),
    );
  });

  test("of inline nodes and nested graphs that are queued is as many as there is room for", async () => {
    const queued = ["inline", "child", "inline", "child", "inline"] as const;
    await using tree = await setup(queued.map((placement) => ({ placement })));
    const state = await tree.read({ inlineLimit: 2, childWindow: 1 });
    expect(idsOf(state.queuedInline)).toEqual([tree.ids[0], tree.ids[2]]);
    expect(idsOf(state.queuedChildren)).toEqual([tree.ids[1]]);
    expect(state).toMatchObject({ open: 5, runningChildren: 0 });
  });

  test("of static pins is what the most recently queued execution of the node was given", async () => {
    await using tree = await setup([
      { nodeId: "a", inputs: { s: 1 } },
      { nodeId: "a", inputs: { s: 2 } },
      { nodeId: "a", status: "INCOMPLETE", inputs: { s: 3 } },
      { nodeId: "b", inputs: { s: 4 } },
    ]);
    expect((await tree.read({ staticNodeIds: ["a", "n"] })).lastQueued).toEqual({ a: { s: 2 } });
  });

  test("of static pins is not what an execution was given that runs again for an earlier one", async () => {
    await using tree = await setup([
      { nodeId: "a", inputs: { s: 1 } },
      { nodeId: "a", inputs: { s: 2 } },
      { nodeId: "a", inputs: { s: 1 } },
    ]);
    await tree.db.pool.query("update node_executions set resurrects = $1 where id = $2", [tree.ids[0], tree.ids[2]]);
    expect((await tree.read({ staticNodeIds: ["a"] })).lastQueued).toEqual({ a: { s: 2 } });
  });

  test("of a timer is how long it still waits", async () => {
    await using tree = await setup([
      { placement: "wait", status: "WAITING", wakeInMs: 60_000, wakesLeft: 3, started: 1 },
      { placement: "wait", status: "WAITING", wakeInMs: -5_000, wakesLeft: 1, started: 1 },
    ]);
    const [later, due] = (await tree.read({ asked: tree.ids })).asked.toSorted(
      (a, b) => Number(b.wakeInMs) - Number(a.wakeInMs),
    );
    expect(later?.wakeInMs).toBeGreaterThan(30_000);
    expect(later?.wakesLeft).toBe(3);
    expect(due?.wakeInMs).toBeLessThanOrEqual(-5_000);
    expect((await tree.read()).waiting).toBe(2);
  });

  test("of failures is all that nothing runs again, and nothing where another node stays open in any case", async () => {
    const failed = { status: "FAILED", endReason: "node_failed", closed: true, started: 1, ended: 1 } as const;
    await using tree = await setup([
      { nodeId: "b", ...failed },
      { nodeId: "a", ...failed },
      { nodeId: "a", status: "RUNNING", started: 1 },
    ]);
    const [first, second, live] = tree.ids;
    const asked = live ? [live] : [];
    expect((await tree.read({ asked })).failures).toEqual([]); // all are handled
    await tree.db.pool.query("update executions set unhandled_failures = 2");
    expect(idsOf((await tree.read({ asked })).failures)).toEqual([first, second]);
    expect((await tree.read()).failures).toEqual([]);
    await tree.db.pool.query("update node_executions set resurrects = $1 where id = $2", [first, live]);
    expect(idsOf((await tree.read({ asked })).failures)).toEqual([second]);
  });

  test("of another execution's nodes is nothing, whoever asks for them", async () => {
    await using tree = await setup([{ nodeId: "a", ...undelivered }]);
    const other = await beginChild(tree);
    const state = await readState(tree.db, other, { ...question, asked: tree.ids });
    expect(state).toMatchObject({ asked: [], undelivered: [], oldestLive: {}, status: "RUNNING" });
    expect(await readState(tree.db, newExecutionId(), question)).toBeNull();
  });
});

/** A nested graph of the root, begun. */
async function beginChild({ db, root, graph }: Awaited<ReturnType<typeof setup>>): Promise<ExecutionId> {
  const { unit: more, ids } = beginWithChildren(root, graph, 1);
  const child = ids[0] ?? root;
  await commitStep(db, root, [
    { ...more, version: 1, execution: { ...more.execution, started: undefined, status: undefined } },
  ]);
  expect(await commitStep(db, root, [begin(child)])).toEqual([null]);
  return child;
}

describe("the fence on an execution's path", () => {
  test("is its own or one above it; a subtree fence wins over its own self fence", async () => {
    await using tree = await setup([]);
    const child = await beginChild(tree);
    expect((await readHead(tree.db, child))?.fence).toBeNull();
    const own = await fence(tree.db, child, { cascade: false });
    expect((await readHead(tree.db, child))?.fence).toEqual({ scope: "self", stopId: own.stopId, executionId: child });
    const above = await fence(tree.db, tree.root, { cascade: false });
    expect((await readHead(tree.db, tree.root))?.fence).toMatchObject({ scope: "self", stopId: above.stopId });
    expect((await readHead(tree.db, child))?.fence).toMatchObject({ stopId: own.stopId });
    await fence(tree.db, tree.root, { cascade: true });
    expect((await readHead(tree.db, child))?.fence).toEqual({
      scope: "subtree",
      stopId: above.stopId,
      executionId: tree.root,
    });
  });
});
