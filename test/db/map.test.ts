import { connect } from "../../db/client";
import { readTree } from "../../db/execution-tree";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { settleFenced } from "../../db/stops";
import type { GraphDraft, GraphNode, Limits, NodeMap } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Json } from "../../graph/json";
import { effectiveLimits } from "../../graph/limits";
import { testDatabase } from "../support/database";
import { fence, ownerId, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { createRunner, openActivities } from "../support/run";
import { blockId, draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const others = node("list", "AgentInput", { name: "list" });

/** Gives the value under `k` of its object; fails where it has none. */
const take: GraphDraft = {
  id: "take",
  ...draft(
    [input, node("cut", "RemoveFromDictionary", { key: "k", return_value: true }), output],
    ["x.result -> cut.dictionary", "cut.removed_value -> y.value"],
  ),
};

const each = (map: Partial<NodeMap>, more: Partial<GraphNode> = {}): GraphNode => ({
  ...node("each", "AgentExecutor", { graphId: "take" }),
  map: { pin: "x", ...map },
  ...more,
});

/** Maps the list of a start over `take`. */
const graph = (map: Partial<NodeMap>): GraphDraft =>
  draft([others, each(map), output], ["list.result -> each.x", "each.y -> y.value"], { subGraphs: [take] });

async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  const start = async (map: Partial<NodeMap>, list: Json, limits: Limits = {}): Promise<ExecutionId> =>
    startGraph(db, await saveGraph(db, graph(map)), { inputs: { list }, limits: effectiveLimits({}, limits) });
  const runner = createRunner(db);
  return {
    db,
    start,
    async run(map: Partial<NodeMap>, list: Json, limits: Limits = {}) {
      const id = await start(map, list, limits);
      await runner(id);
      const execution = await readExecution(db, ownerId, id, [blockId("AgentOutput")]);
      const nodes = await listNodeExecutions(db, id, { statuses: [], nodeId: "each" }, { limit: 9, after: 0 });
      return { id, execution, outputs: execution?.outputs.map(([, value]) => value), node: nodes[0] };
    },
    children: async (id: ExecutionId) => {
      const { rows } = await db.pool.query<{ id: ExecutionId; item: number; status: string }>(
        "select id, item, status from executions where parent_id = $1 order by item",
        [id],
      );
      return rows;
    },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

const list = [{ k: "a" }, { k: "b" }, { k: "c" }, { k: "d" }, { k: "e" }];

describe("a map", () => {
  test.each([1, 2, 10])("gives the results once, in the order of the items, %d at a time", async (concurrency) => {
    await using bench = await setup();
    const { id, execution, outputs, node: ran } = await bench.run({ concurrency }, list);
    expect(execution).toMatchObject({ status: "COMPLETED", childExecutions: 5 });
    expect(outputs).toEqual([["a", "b", "c", "d", "e"]]);
    expect(ran).toMatchObject({ status: "COMPLETED", map: { done: 5, failed: 0, total: 5 } });
    expect((await bench.children(id)).map(({ item }) => item)).toEqual([0, 1, 2, 3, 4]);
    expect(await faultsOf(bench.db)).toEqual([]);
  });

  test("of an empty list gives an empty list", async () => {
    await using bench = await setup();
    expect(await bench.run({}, [])).toMatchObject({ execution: { status: "COMPLETED" }, outputs: [[]] });
  });

  test("starts no more at a time than it may, and goes on when one has ended", async () => {
    await using bench = await setup();
    const { record } = openActivities(bench.db);
    const id = await bench.start({ concurrency: 2 }, list);
    const { work } = await record.begin(id, "run");
    expect(work).toHaveLength(2);
    expect(
      (
        await record.outstanding(
          id,
          work.map((one) => one.id),
        )
      ).work,
    ).toEqual([]);
    const [first] = await bench.children(id);
    await createRunner(bench.db)(first?.id ?? id);
    const next = await record.outstanding(
      id,
      work.map((one) => one.id),
    );
    expect(next.work).toHaveLength(1);
    expect((await bench.children(id)).map(({ status }) => status)).toEqual(["COMPLETED", "QUEUED", "QUEUED"]);
    // Asked anew, as after a reset: what runs, each item by its execution.
    expect((await record.outstanding(id, [])).work.map((one) => one.id)).toEqual(
      (await bench.children(id)).slice(1).map((child) => child.id),
    );
    const [tree] = await readTree(bench.db, ownerId, id, { depth: 1, limit: 9 }, []);
    expect(tree?.maps).toMatchObject([{ nodeId: "each", done: 1, failed: 0, total: 5 }]);
  });

  test("fails with the first item that fails, and stops the others", async () => {
    await using bench = await setup();
    const { record } = openActivities(bench.db);
    const id = await bench.start({ concurrency: 3 }, [{ k: "a" }, {}, { k: "c" }, { k: "d" }]);
    await record.begin(id, "run");
    const [, bad] = await bench.children(id);
    await createRunner(bench.db)(bad?.id ?? id);
    expect((await record.outstanding(id, [])).state).toBe("live");
    const { rows: stops } = await bench.db.pool.query("select id, execution_id, cause from stops order by id");
    expect(stops).toMatchObject([{ cause: "failure" }, { cause: "failure" }]);
    for (const stop of stops) await settleFenced(bench.db, stop.id, []);
    expect(await record.outstanding(id, [])).toMatchObject({ state: "ended", status: "FAILED" });
    expect((await bench.children(id)).map(({ status }) => status)).toEqual(["TERMINATED", "FAILED", "TERMINATED"]);
    const [ran] = await listNodeExecutions(bench.db, id, { statuses: [], nodeId: "each" }, { limit: 9, after: 0 });
    expect(ran).toMatchObject({
      status: "FAILED",
      error: { code: "node_failed", message: expect.stringContaining("item 1 "), childExecutionId: bad?.id },
    });
    expect(await faultsOf(bench.db)).toEqual([]);
  });

  test("that collects has an entry for an item that failed in its place", async () => {
    await using bench = await setup();
    const { execution, outputs, node: ran } = await bench.run({ onItemFailure: "collect" }, [{ k: 1 }, {}, { k: 3 }]);
    expect(execution).toMatchObject({ status: "COMPLETED" });
    const error = { code: "node_failed", message: expect.any(String), executionId: expect.any(String) };
    expect(outputs).toEqual([[1, { error }, 3]]);
    expect(ran).toMatchObject({ map: { done: 3, failed: 1, total: 3 } });
  });

  test("is not begun where the limit of children leaves no room for all its items", async () => {
    await using bench = await setup();
    const many = await bench.run({}, list, { children: 4 });
    expect(many.node).toMatchObject({ status: "FAILED", endReason: "limit_exceeded", map: null });
    expect(await bench.children(many.id)).toEqual([]);
    expect(await faultsOf(bench.db)).toEqual([]);
  });

  test("ends its tree in the step that would pass the limit of executions", async () => {
    await using bench = await setup();
    const { id } = await bench.run({ concurrency: 1 }, list, { executions: 3 });
    expect(await bench.children(id)).toHaveLength(2);
    const { rows } = await bench.db.pool.query("select data from events where type = 'limit.exceeded'");
    expect(rows).toMatchObject([{ data: { limit: "executions", max: 3 } }]);
  });

  test("under a fence of its execution alone ends when the items that run have ended", async () => {
    await using bench = await setup();
    const { record } = openActivities(bench.db);
    const id = await bench.start({ concurrency: 1 }, list);
    await record.begin(id, "run");
    const stop = await fence(bench.db, id, { cascade: false });
    expect(await settleFenced(bench.db, stop.stopId, [])).toMatchObject({ quiesced: false });
    const [first] = await bench.children(id);
    await createRunner(bench.db)(first?.id ?? id);
    await record.outstanding(id, []);
    expect(await settleFenced(bench.db, stop.stopId, [])).toMatchObject({ quiesced: true });
    expect(await readExecution(bench.db, ownerId, id, [])).toMatchObject({ status: "TERMINATED" });
    expect((await bench.children(id)).map(({ status }) => status)).toEqual(["COMPLETED"]);
    expect(await faultsOf(bench.db)).toEqual([]);
  });
});
