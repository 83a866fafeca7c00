import { uuidv7 } from "uuidv7";
import { listExecutions, readExecution } from "../../db/executions";
import { readTree } from "../../db/execution-tree";
import { listNodeExecutions } from "../../db/node-executions";
import { commitStep } from "../../db/step";
import { parseExecutionId } from "../../graph/ids";
import { begin, beginWithChildren, fence, ownerId, startGraph, unit } from "../support/factory";
import { testTree } from "../support/tree";

/** A root with two children, the first of which has a child of its own and the second of which has ended. */
async function setup() {
  const tree = await testTree();
  const { db, graph, root } = tree;
  const first = beginWithChildren(root, graph, 2);
  await commitStep(db, root, [first.unit]);
  const [left, right] = first.ids;
  if (!left || !right) throw new Error("no children");
  const below = beginWithChildren(left, graph, 1);
  await commitStep(db, root, [below.unit, begin(right)]);
  const end = { status: "COMPLETED", endReason: "finished", ended: 1 } as const;
  const execution = { open: 0, waiting: 0, failed: 0, unhandled: 0, ...end };
  await commitStep(db, root, [
    unit(right, 1, { execution, events: [{ type: "execution.completed", executionId: right }] }),
  ]);
  const [leaf] = below.ids;
  if (!leaf) throw new Error("no grandchild");
  const ids = { root, left, right, leaf };
  const stopIdOf = async (id: keyof typeof ids) =>
    (await readExecution(db, ownerId, ids[id], []))?.fence?.stopId ?? null;
  return { ...tree, ids, stopIdOf };
}

describe("the fence an execution is shown under", () => {
  test("is its own or a subtree's above it, unless it had ended before", async () => {
    await using bundle = await setup();
    const { stopId } = await fence(bundle.db, bundle.ids.root);
    expect(await bundle.stopIdOf("root")).toBe(stopId);
    expect(await bundle.stopIdOf("left")).toBe(stopId);
    expect(await bundle.stopIdOf("leaf")).toBe(stopId);
    expect(await bundle.stopIdOf("right")).toBeNull();
  });

  test("of scope self is on its own execution alone", async () => {
    await using bundle = await setup();
    const { stopId } = await fence(bundle.db, bundle.ids.left, { cascade: false });
    expect(await bundle.stopIdOf("left")).toBe(stopId);
    expect(await bundle.stopIdOf("root")).toBeNull();
    expect(await bundle.stopIdOf("leaf")).toBeNull();
  });
});

describe("readTree", () => {
  test("cuts after a number of executions, parents first, and counts the rest all the same", async () => {
    await using bundle = await setup();
    const { db, ids } = bundle;
    const rows = await readTree(db, ownerId, ids.root, { depth: 1_000, limit: 3 }, []);
    expect(rows.map(({ id }) => id)).toEqual([ids.root, ids.left, ids.right]);
    expect(rows.map(({ totals }) => totals)).toMatchObject([
      { executions: 4, nodeExecutions: 3, byStatus: { RUNNING: 2, QUEUED: 1, COMPLETED: 1 } },
      { executions: 2, nodeExecutions: 1, byStatus: { RUNNING: 1, QUEUED: 1 } },
      { executions: 1, nodeExecutions: 0, byStatus: { COMPLETED: 1 } },
    ]);
    expect(rows.map(({ node }) => node?.id)).toEqual([undefined, "n", "n"]);
  });

  test("is empty for another owner's execution, and for one that is not there", async () => {
    await using bundle = await setup();
    const bounds = { depth: 1_000, limit: 100 };
    expect(await readTree(bundle.db, "bob", bundle.ids.root, bounds, [])).toEqual([]);
    expect(await readTree(bundle.db, ownerId, parseExecutionId(uuidv7()), bounds, [])).toEqual([]);
  });
});

describe("listExecutions", () => {
  test("asks Postgres once, however many it lists", async () => {
    await using bundle = await setup();
    await startGraph(bundle.db, bundle.graph);
    const asked = jest.spyOn(bundle.db.pool, "query");
    const filter = { statuses: [], graphId: null, rootsOnly: false, labels: {} };
    const found = await listExecutions(bundle.db, ownerId, filter, { limit: 10, cursor: null }, []);
    expect(found).toHaveLength(5);
    const questions = asked.mock.calls.map(([query]) => (query as { name?: string }).name);
    expect(questions.filter((name) => name !== "wake")).toHaveLength(1); // the start may still be announced
  });
});

describe("what is read", () => {
  test("holds values as they were written: order of keys, NUL, lone surrogates, texts that look like JSON", async () => {
    await using bundle = await setup();
    const inputs = { z: 1, a: "\u0000\ud800", "\u0000": "1", nested: { b: [1, "null"], a: null } };
    const id = await startGraph(bundle.db, bundle.graph, { inputs, labels: { "a:b": "c" }, budget: 2 ** 40 });
    const read = await readExecution(bundle.db, ownerId, id, []);
    expect(JSON.stringify(read?.inputs)).toBe(JSON.stringify(inputs));
    expect(read).toMatchObject({ labels: { "a:b": "c" }, budget: 2 ** 40 });
    const filter = { statuses: [], graphId: null, rootsOnly: true, labels: { "a:b": "c" } };
    const found = await listExecutions(bundle.db, ownerId, filter, { limit: 10, cursor: null }, []);
    expect(found.map((one) => one.id)).toEqual([id]);
  });

  test("of node executions holds the outputs in their order", async () => {
    await using bundle = await setup();
    const { db, ids, root } = bundle;
    const [node] = await listNodeExecutions(db, root, { statuses: [], nodeId: null }, { limit: 1, after: 0 });
    if (!node) throw new Error("no node execution");
    const values = ["\u0000", '{"a":1}', 2, null, { b: 1, a: 2 }];
    for (const [ordinal, value] of values.entries()) {
      await db.pool.query("insert into outputs (node_execution_id, ordinal, pin, value) values ($1, $2, $3, $4)", [
        node.id,
        ordinal,
        `pin ${ordinal}`,
        JSON.stringify(value),
      ]);
    }
    const filter = { statuses: ["RUNNING" as const], nodeId: "n" };
    const read = await listNodeExecutions(db, ids.root, filter, { limit: 10, after: 0 });
    expect(read).toHaveLength(2);
    expect(JSON.stringify(read[0]?.outputs.map(({ value }) => value))).toBe(JSON.stringify(values));
  });
});
