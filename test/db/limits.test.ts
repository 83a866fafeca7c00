import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { stopOverdue } from "../../db/run-time";
import { commitStep } from "../../db/step";
import { settleFenced } from "../../db/stops";
import type { GraphDraft, GraphSettings, Limits } from "../../graph/definition";
import { parseStopId, type ExecutionId } from "../../graph/ids";
import { effectiveLimits } from "../../graph/limits";
import { testDatabase } from "../support/database";
import { begin, beginWithChildren, beginWithNodes, fence, ownerId, saveGraph, startGraph } from "../support/factory";
import { countNodes, faultsOf } from "../support/record";
import { createRunner } from "../support/run";
import { testTree } from "../support/tree";
import { draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const add = node("add", "Calculator", { operation: "Add", b: 1, round_result: false });
const broken = node("cut", "RemoveFromDictionary", { dictionary: {}, key: "k" });

const endless = (settings: GraphSettings = {}): GraphDraft =>
  draft([input, add], ["x.result -> add.a", "add.result -> add.a"], { settings });

/** Runs `inner` as the node "run", its error to the output "y". */
const around = (inner: GraphDraft): GraphDraft =>
  draft(
    [input, node("run", "AgentExecutor", { graphId: "inner" }), output],
    ["x.result -> run.x", "run.error -> y.value"],
    {
      subGraphs: [{ ...inner, id: "inner" }],
    },
  );

/** Starts graphs with limits and moves them on; what they run into fences them, and `settle` ends what is fenced. */
async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 8 });
  const runner = createRunner(db);
  const read = async (id: ExecutionId) => {
    const found = await readExecution(db, ownerId, id, []);
    if (!found) throw new Error(`no execution ${id}`);
    return found;
  };
  const stops = async () => {
    const { rows } = await db.pool.query<{ id: string; executionId: string; cause: string }>(
      `select id, execution_id as "executionId", cause from stops order by id`,
    );
    return rows;
  };
  return {
    db,
    read,
    stops,
    async run(graph: GraphDraft, limits: Limits = {}): Promise<ExecutionId> {
      const started = { inputs: { x: 0 }, limits: effectiveLimits({}, limits) };
      const root = await startGraph(db, await saveGraph(db, graph), started);
      await runner(root);
      return root;
    },
    async settle(): Promise<void> {
      for (const { id } of await stops()) while (!(await settleFenced(db, parseStopId(id), [])).quiesced);
    },
    runAgain: runner,
    nodes: (id: ExecutionId) => listNodeExecutions(db, id, { statuses: [], nodeId: null }, { limit: 1_000, after: 0 }),
    async childOf(id: ExecutionId): Promise<ExecutionId> {
      const { rows } = await db.pool.query<{ id: ExecutionId }>("select id from executions where parent_id = $1", [id]);
      return rows[0]?.id ?? id;
    },
    async events(type: string) {
      const { rows } = await db.pool.query<{ data: unknown }>("select data from events where type = $1 order by seq", [
        type,
      ]);
      return rows.map(({ data }) => data);
    },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

describe("the limit iterations", () => {
  test("is met exactly, and ends the execution as a stop with a cause", async () => {
    await using engine = await setup();
    const root = await engine.run(endless(), { iterations: 7 });
    expect(await countNodes(engine.db, root)).toEqual({ "add COMPLETED": 7, "x COMPLETED": 1 });
    expect(await engine.read(root)).toMatchObject({ status: "RUNNING" }); // fenced
    expect(await engine.stops()).toMatchObject([{ executionId: root, cause: "limit" }]);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "limit_exceeded",
      error: {
        code: "limit_exceeded",
        limit: "iterations",
        nodes: ["add"],
        message: expect.stringContaining("7 times"),
      },
    });
    expect(await engine.events("limit.exceeded")).toEqual([
      { limit: "iterations", max: 7, executionId: root, nodeId: "add" },
    ]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is met exactly also where the loop came through several steps", async () => {
    await using engine = await setup();
    // More than one segment's bound of inline nodes, so that the count goes on from the record, at first without numbers.
    const root = await engine.run(endless(), { iterations: 3_100 });
    while ((await engine.stops()).length === 0) await engine.runAgain(root);
    expect(await countNodes(engine.db, root)).toEqual({ "add COMPLETED": 3_100, "x COMPLETED": 1 });
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ endReason: "limit_exceeded", error: { limit: "iterations" } });
  });

  test("counts each node of each execution for itself", async () => {
    await using engine = await setup();
    const three = ["a", "b", "c"].map((id) => node(id, "StoreValue", { input: id }));
    expect(await engine.read(await engine.run(draft(three, []), { iterations: 1 }))).toMatchObject({
      status: "COMPLETED",
    });
    expect(await engine.stops()).toEqual([]);
  });

  test("ends the root where a nested graph passes what it has inherited", async () => {
    await using engine = await setup();
    const root = await engine.run(around(endless()), { iterations: 5 });
    const child = await engine.childOf(root);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ status: "FAILED", endReason: "limit_exceeded" });
    expect(await engine.read(child)).toMatchObject({ status: "TERMINATED", endReason: "parent_stopped" });
    expect(await engine.events("limit.exceeded")).toMatchObject([{ executionId: child }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("ends a nested graph alone that has set a lower one, and its parent handles that", async () => {
    await using engine = await setup();
    const root = await engine.run(around(endless({ limits: { iterations: 3, nodeExecutions: 1 } })), { iterations: 5 });
    const child = await engine.childOf(root);
    expect(await engine.read(child)).toMatchObject({ limits: { iterations: 3, nodeExecutions: 100_000 } });
    await engine.settle();
    expect(await engine.read(child)).toMatchObject({ status: "FAILED", endReason: "limit_exceeded" });
    await engine.runAgain(root);
    expect(await engine.read(root)).toMatchObject({ status: "COMPLETED", endReason: "finished" });
    expect((await engine.nodes(root)).find(({ nodeId }) => nodeId === "run")).toMatchObject({
      status: "FAILED",
      endReason: "limit_exceeded",
      error: { code: "limit_exceeded", childExecutionId: child },
    });
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

describe("the limits of a tree", () => {
  test("nodeExecutions is met exactly by one branch", async () => {
    await using engine = await setup();
    const root = await engine.run(endless(), { nodeExecutions: 9 });
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "limit_exceeded",
      error: { limit: "nodeExecutions" },
      tree: { nodeExecutions: 9 },
    });
  });

  test("executions refuses the nested graph that would be one too many, and ends the root", async () => {
    await using engine = await setup();
    const many = ["a", "b", "c"].map((id) => node(id, "AgentExecutor", { graphId: "inner", x: 1 }));
    const graph = draft(many, [], { subGraphs: [{ id: "inner", ...draft([input, output], ["x.result -> y.value"]) }] });
    const root = await engine.run(graph, { executions: 3 });
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "limit_exceeded",
      error: { limit: "executions" },
      tree: { executions: 3 },
    });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("refuse a plan that another branch has left no room for, in one transaction and in two", async () => {
    await using tree = await testTree();
    await tree.db.pool.query("update executions set limits = $1", [JSON.stringify({ nodeExecutions: 8 })]);
    const { unit: first, ids } = beginWithChildren(tree.root, tree.graph, 4);
    expect(await commitStep(tree.db, tree.root, [first])).toEqual([null]);
    const plans = ids.map((child) => beginWithNodes(child, 2).unit);
    expect(
      await commitStep(tree.db, tree.root, [...plans.slice(0, 1), beginWithNodes(ids[1] ?? tree.root, 3).unit]),
    ).toEqual([null, "limit"]);
    const both = await Promise.all(plans.slice(2).map((plan) => commitStep(tree.db, tree.root, [plan])));
    expect(both.flat().toSorted()).toEqual(["limit", null].toSorted());
    expect(await faultsOf(tree.db)).toEqual([]);
  });
});

describe("the limit runTime", () => {
  const waiting = draft(
    [input, node("wait", "CountdownTimer", { days: 1 }), output],
    ["x.result -> wait.input_message", "wait.output_message -> y.value"],
  );
  const expire =
    "update executions set deadline_at = clock_timestamp() - interval '1 second' where deadline_at is not null";

  test("is noted when an execution begins, and ends it once its time is over by Postgres' clock", async () => {
    await using engine = await setup();
    const root = await engine.run(waiting, { runTime: "1h" });
    const { rows } = await engine.db.pool.query<{ ms: number }>(
      "select (extract(epoch from deadline_at - started_at) * 1000)::float8 as ms from executions where id = $1",
      [root],
    );
    expect(rows).toEqual([{ ms: 3_600_000 }]);
    expect(await stopOverdue(engine.db)).toBe(0);
    await engine.db.pool.query(expire);
    expect(await stopOverdue(engine.db)).toBe(1);
    expect(await stopOverdue(engine.db)).toBe(0);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "timed_out",
      error: { code: "timed_out", limit: "runTime", message: expect.stringContaining("1h") },
    });
    expect(await engine.stops()).toMatchObject([{ cause: "time" }]);
    expect(await engine.events("limit.exceeded")).toEqual([{ limit: "runTime", max: "1h", executionId: root }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is opened once, however many look", async () => {
    await using engine = await setup();
    await engine.run(waiting);
    await engine.db.pool.query(expire);
    await Promise.all([stopOverdue(engine.db), stopOverdue(engine.db), stopOverdue(engine.db)]);
    expect(await engine.stops()).toHaveLength(1);
    expect(await engine.events("limit.exceeded")).toHaveLength(1);
  });

  test("of a nested graph is its own only where its graph sets one", async () => {
    await using engine = await setup();
    const hourly = { ...waiting, settings: { limits: { runTime: "1m" } } };
    const [plain, own] = [await engine.run(around(waiting)), await engine.run(around(hourly))];
    const deadlines = await engine.db.pool.query<{ id: string }>(
      "select id from executions where depth = 1 and deadline_at is not null",
    );
    expect(deadlines.rows).toEqual([{ id: await engine.childOf(own) }]);
    expect(await engine.childOf(plain)).not.toBe(plain);
  });

  test("ends what a stop without cascade lets finish", async () => {
    await using engine = await setup();
    const root = await engine.run(around(waiting));
    await fence(engine.db, root, { cascade: false });
    await engine.db.pool.query(expire);
    expect(await stopOverdue(engine.db)).toBe(1);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
    expect(await engine.read(await engine.childOf(root))).toMatchObject({ endReason: "parent_stopped" });
  });
});

describe('onNodeFailure "stop"', () => {
  const settings = { onNodeFailure: "stop" } as const;
  const wait = node("wait", "CountdownTimer", { days: 1 });

  test("ends the execution at the first failure that nobody handles, whatever else is open", async () => {
    await using engine = await setup();
    const root = await engine.run(draft([wait, broken], [], { settings }));
    expect(await engine.stops()).toMatchObject([{ executionId: root, cause: "failure" }]);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { code: "node_failed", nodes: ["cut"] },
      failedNodeExecutions: 1,
    });
    expect(await countNodes(engine.db, root)).toMatchObject({ "cut FAILED": 1, "wait TERMINATED": 1 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is no stop where nothing else is open: the execution ends by itself", async () => {
    await using engine = await setup();
    const root = await engine.run(draft([broken], [], { settings }));
    expect(await engine.read(root)).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { nodes: ["cut"] },
    });
    expect(await engine.stops()).toEqual([]);
  });

  test("leaves a failure alone that somebody handles", async () => {
    await using engine = await setup();
    const root = await engine.run(draft([broken, output, wait], ["cut.error -> y.value"], { settings }));
    expect(await engine.stops()).toEqual([]);
    expect(await engine.read(root)).toMatchObject({ status: "WAITING", failedNodeExecutions: 1 });
  });

  test("of an outer graph is met by a nested graph that fails, of a nested one by that alone", async () => {
    await using engine = await setup();
    const inner: GraphDraft = { id: "inner", ...draft([input, broken], []) };
    const nested = node("run", "AgentExecutor", { graphId: "inner", x: 1 });
    const outer = await engine.run(draft([nested, wait], [], { settings, subGraphs: [inner] }));
    expect(await engine.stops()).toMatchObject([{ executionId: outer, cause: "failure" }]);
    const careful = { ...inner, settings, nodes: [...inner.nodes, wait] };
    const handled = await engine.run(draft([nested, output], ["run.error -> y.value"], { subGraphs: [careful] }));
    expect((await engine.stops()).map(({ executionId }) => executionId)).toEqual([
      outer,
      await engine.childOf(handled),
    ]);
    await engine.settle();
    await engine.runAgain(handled);
    expect(await engine.read(handled)).toMatchObject({ status: "COMPLETED" });
    expect(await engine.read(outer)).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

test("what an execution ran into is recorded even where the graph's texts hold what Postgres' texts may not", async () => {
  await using tree = await testTree();
  const error = { code: "node_failed", message: "\ud800 and \u0000", nodes: ["\udfff"] };
  const stop = { cause: "failure", endsAs: "node_failed", error } as const;
  expect(await commitStep(tree.db, tree.root, [begin(tree.root, { stop })])).toEqual([null]);
  const { rows } = await tree.db.pool.query<{ id: string; reason: string }>("select id, reason from stops");
  expect(rows).toMatchObject([{ reason: "\ufffd and \ufffd" }]);
  await settleFenced(tree.db, parseStopId(rows[0]?.id ?? ""), []);
  expect(await readExecution(tree.db, ownerId, tree.root, [])).toMatchObject({
    status: "FAILED",
    error: { nodes: ["\ufffd"] },
  });
});
