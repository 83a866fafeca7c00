import type { GraphDraft, GraphNode } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Engine } from "../support/engine";
import { createGate } from "../support/gate";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const gate = createGate();
const engineOf = shareEngine({ blocks: [gate.block] });

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });

/** Runs the graph `id` as the node "run" between its input and its output. */
function around(id: string, more: Partial<GraphDraft> = {}): GraphDraft {
  return draft(
    [input, node("run", "AgentExecutor", { graphId: id }), output],
    ["x.result -> run.x", "run.y -> y.value"],
    more,
  );
}

async function childOf(engine: Engine, id: ExecutionId, nodeId = "run"): Promise<ExecutionId> {
  const nodes = await until(
    () => engine.nodes(id, nodeId),
    ([first]) => first?.childExecutionId !== null && first !== undefined,
  );
  const child = nodes[0]?.childExecutionId;
  if (!child) throw new Error("no nested graph");
  return child;
}

test("nested graphs run three levels deep, and their outputs come up", async () => {
  const engine = engineOf();
  const leaf: GraphDraft = {
    ...draft(
      [input, node("fill", "FillTextTemplate", { format: "<{{v}}>" }), output],
      ["x.result -> fill.values_#_v", "fill.output -> y.value"],
    ),
    id: "leaf",
  };
  const middle = { ...around("leaf"), id: "middle" };
  const root = await engine.start(await engine.save(around("middle", { subGraphs: [middle, leaf] })), { x: "Ada" });
  expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED", outputs: { y: ["<Ada>"] } });
  const child = await childOf(engine, root);
  const grandchild = await childOf(engine, child);
  expect(await engine.read(grandchild)).toMatchObject({
    depth: 2,
    ancestors: [root, child],
    outputs: { y: ["<Ada>"] },
  });
  for (const id of [root, child, grandchild]) expect(await engine.closed(id)).toBe("COMPLETED");
  expect((await engine.nodes(root, "run"))[0]).toMatchObject({
    status: "COMPLETED",
    outputs: [{ pin: "y", value: "<Ada>" }],
  });
  expect(await faultsOf(engine.db)).toEqual([]);
});

describe("a nested graph that fails", () => {
  const broken: GraphDraft = {
    ...draft(
      [input, node("cut", "RemoveFromDictionary", { dictionary: {}, key: "k" }), output],
      ["x.result -> y.value"],
    ),
    id: "broken",
  };

  test("shows at the parent's node, and fails the parent where nobody handles it", async () => {
    const engine = engineOf();
    const root = await engine.start(await engine.save(around("broken", { subGraphs: [broken] })), { x: 1 });
    expect(await engine.ended(root)).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { nodes: ["run"] },
    });
    const child = await childOf(engine, root);
    expect((await engine.nodes(root, "run"))[0]).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { code: "node_failed", childExecutionId: child, nodes: ["cut"] },
    });
    expect(await engine.read(child)).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    for (const id of [root, child]) expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is handled by the node's linked error pin", async () => {
    const engine = engineOf();
    const graph = draft(
      [input, node("run", "AgentExecutor", { graphId: "broken" }), node("why", "AgentOutput", { name: "why" })],
      ["x.result -> run.x", "run.error -> why.value"],
      { subGraphs: [broken] },
    );
    const root = await engine.start(await engine.save(graph), { x: 1 });
    expect(await engine.ended(root)).toMatchObject({
      status: "COMPLETED",
      outputs: { why: [expect.stringContaining("cut")] },
    });
  });
});

describe("a nested graph that is stopped alone", () => {
  async function setupStopped() {
    const engine = engineOf();
    gate.reset();
    const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: {} };
    const inner: GraphDraft = {
      ...draft([input, hold, output], ["x.result -> hold.in", "hold.out -> y.value"]),
      id: "inner",
    };
    const graph = draft(
      [input, node("run", "AgentExecutor", { graphId: "inner" }), output, node("why", "AgentOutput", { name: "why" })],
      ["x.result -> run.x", "run.y -> y.value", "run.error -> why.value"],
      { subGraphs: [inner] },
    );
    const root = await engine.start(await engine.save(graph), { x: "held" });
    await until(gate.inside, (inside) => inside.length === 1);
    const child = await childOf(engine, root);
    return { engine, root, child };
  }

  async function expectParentCompleted({ engine, root, child }: Awaited<ReturnType<typeof setupStopped>>) {
    expect(await engine.ended(root)).toMatchObject({
      status: "COMPLETED",
      endReason: "finished",
      outputs: { why: [expect.stringContaining(child)] },
    });
    expect((await engine.nodes(root, "run"))[0]).toMatchObject({
      status: "TERMINATED",
      endReason: "stopped",
      error: { code: "stopped" },
    });
    expect(await engine.read(child)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
    expect(gate.aborted()).toEqual(["held"]);
    expect(await engine.closed(root)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  }

  /** By its own cancel, or by the close policy where the parent has ended before it. */
  async function expectClosed({ engine, child }: Awaited<ReturnType<typeof setupStopped>>) {
    expect(["CANCELLED", "TERMINATED"]).toContain(await engine.closed(child));
  }

  test("ends its node TERMINATED, and the parent completes through the error pin", async () => {
    const bundle = await setupStopped();
    expect(await bundle.engine.stop(bundle.child)).toMatchObject({ status: "CLOSED", outcome: "stopped" });
    await expectParentCompleted(bundle);
    await expectClosed(bundle);
  });

  test("through Temporal's own cancel ends the same way", async () => {
    const bundle = await setupStopped();
    await bundle.engine.client.workflow.getHandle(bundle.child).cancel();
    await expectParentCompleted(bundle);
    await expectClosed(bundle);
  });

  test("through Temporal's own terminate ends the same way", async () => {
    const bundle = await setupStopped();
    await bundle.engine.client.workflow.getHandle(bundle.child).terminate("by hand");
    await expectParentCompleted(bundle);
    expect(await bundle.engine.closed(bundle.child)).toBe("TERMINATED");
  });
});
