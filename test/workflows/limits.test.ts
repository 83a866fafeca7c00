import type { GraphDraft, GraphNode } from "../../graph/definition";
import { defaultLimits } from "../../graph/limits";
import type { Engine } from "../support/engine";
import { createGate } from "../support/gate";
import { countNodes, faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const gate = createGate();
const engineOf = shareEngine({ blocks: [gate.block] });

beforeEach(() => gate.reset());

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const add = node("add", "Calculator", { operation: "Add", b: 1, round_result: false });

/** Adds 1 to its own result, for ever. */
const endless = draft([input, add], ["x.result -> add.a", "add.result -> add.a"]);

async function eventsOf(engine: Engine, rootId: string, type: string) {
  const { rows } = await engine.db.pool.query<{ executionId: string; data: unknown }>(
    `select execution_id as "executionId", data from events where root_id = $1 and type = $2 order by seq`,
    [rootId, type],
  );
  return rows;
}

async function receiptOf(engine: Engine, executionId: string) {
  return until(
    async () => {
      const { rows } = await engine.db.pool.query<Record<string, unknown>>(
        "select status, cause, outcome, ends_as, proof from stops where execution_id = $1",
        [executionId],
      );
      return rows[0];
    },
    (stop) => stop?.["status"] === "CLOSED",
  );
}

const proof = { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0, checkedAt: expect.any(String) };

describe("a limit that is passed", () => {
  test("ends an endless loop of inline nodes (W18) at exactly as many iterations", async () => {
    const engine = engineOf();
    const root = await engine.start(
      await engine.save(endless),
      { x: 0 },
      { limits: { ...defaultLimits, iterations: 5_000 } },
    );
    expect(await engine.ended(root)).toMatchObject({
      status: "FAILED",
      endReason: "limit_exceeded",
      error: { code: "limit_exceeded", limit: "iterations", nodes: ["add"], message: expect.stringContaining("5000") },
    });
    expect(await countNodes(engine.db, root)).toEqual({ "add COMPLETED": 5_000, "x COMPLETED": 1 });
    expect(await receiptOf(engine, root)).toMatchObject({
      cause: "limit",
      outcome: "stopped",
      ends_as: "limit_exceeded",
      proof,
    });
    expect(await eventsOf(engine, root, "limit.exceeded")).toEqual([
      { executionId: root, data: { limit: "iterations", max: 5_000, executionId: root, nodeId: "add" } },
    ]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

test("a run time that is over ends an execution, with what runs in it and below it", async () => {
  const engine = engineOf();
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: "held" } };
  const inner: GraphDraft = { id: "inner", ...draft([input, hold, output], ["hold.out -> y.value"]) };
  const graph = draft([node("run", "AgentExecutor", { graphId: "inner", x: 1 })], [], { subGraphs: [inner] });
  const root = await engine.start(await engine.save(graph), {}, { limits: { ...defaultLimits, runTime: "1s" } });
  expect(await engine.ended(root)).toMatchObject({
    status: "FAILED",
    endReason: "timed_out",
    error: { code: "timed_out", limit: "runTime" },
  });
  expect(gate.aborted()).toEqual(["held"]);
  const [child] = await engine.nodes(root, "run");
  expect(await engine.read(child?.childExecutionId ?? root)).toMatchObject({ endReason: "parent_stopped" });
  expect(await receiptOf(engine, root)).toMatchObject({ cause: "time", outcome: "stopped", proof });
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("the first failure of a graph that stops at one aborts what runs, and its parent goes on by the error pin", async () => {
  const engine = engineOf();
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: "held" } };
  const later = node("later", "CountdownTimer", { seconds: 1 });
  const cut = node("cut", "RemoveFromDictionary", { dictionary: {} });
  const inner: GraphDraft = {
    id: "inner",
    ...draft([input, hold, later, cut], ["later.output_message -> cut.key"], { settings: { onNodeFailure: "stop" } }),
  };
  const graph = draft([node("run", "AgentExecutor", { graphId: "inner", x: 1 }), output], ["run.error -> y.value"], {
    subGraphs: [inner],
  });
  const root = await engine.start(await engine.save(graph));
  expect(await engine.ended(root)).toMatchObject({
    status: "COMPLETED",
    outputs: { y: [expect.stringContaining('"cut"')] },
  });
  expect(gate.aborted()).toEqual(["held"]);
  const [run] = await engine.nodes(root, "run");
  expect(run).toMatchObject({ status: "FAILED", endReason: "node_failed", error: { code: "node_failed" } });
  const child = run?.childExecutionId ?? root;
  expect(await engine.read(child)).toMatchObject({
    status: "FAILED",
    endReason: "node_failed",
    error: { nodes: ["cut"] },
  });
  expect(await receiptOf(engine, child)).toMatchObject({ cause: "failure", ends_as: "node_failed", proof });
  expect(await faultsOf(engine.db)).toEqual([]);
});
