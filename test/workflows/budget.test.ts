import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { startRerun } from "../../db/rerun";
import type { GraphDraft } from "../../graph/definition";
import { newExecutionId } from "../support/factory";
import { createGate } from "../support/gate";
import { createPriced } from "../support/priced";
import { countNodes, faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });

/** Reports 1, 2 and 3 units as used in its first attempts, and fails in two of them. */
function createFlaky(): RemoteBlock {
  let runs = 0;
  const [, remote] = createPriced([{ per: "units", credits: 2 }]).blocks;
  return {
    ...remote,
    definition: { ...remote.definition, name: "PricedFlaky" },
    attempts: 3,
    run: async (_inputs, { use }) => {
      runs += 1;
      use({ units: runs });
      if (runs < 3) throw new BlockFailure("busy", "not yet", { retryable: true });
      return [];
    },
  };
}

const priced = createPriced([{ per: "run", credits: 3 }]);
const gate = createGate();
const flaky = createFlaky();
const engineOf = shareEngine({ blocks: [...priced.blocks, gate.block, flaky] });

function setup() {
  const engine = engineOf();
  gate.reset();
  const receiptOf = (id: string) =>
    until(
      async () =>
        (
          await engine.db.pool.query<Record<string, unknown>>(
            "select status, cause, outcome, ends_as, proof from stops where execution_id = $1",
            [id],
          )
        ).rows[0],
      (stop) => stop?.["status"] === "CLOSED",
    );
  return { ...engine, receiptOf };
}

test("a loop in a nested graph is charged until the tree's budget is used up, and what runs elsewhere is stopped", async () => {
  const engine = setup();
  const inner: GraphDraft = {
    id: "inner",
    ...draft([input, priced.remote("pay")], ["x.result -> pay.in", "pay.out -> pay.in"]),
  };
  const graph = draft(
    [{ id: "hold", blockId: gate.blockId, constants: { in: "held" } }, node("run", "AgentExecutor", { graphId: "inner", x: "1" })], // prettier-ignore
    [],
    { subGraphs: [inner] },
  );
  const root = await engine.start(await engine.save(graph), {}, { budget: 20 });
  expect(await engine.ended(root)).toMatchObject({
    ...{ status: "FAILED", endReason: "budget_exhausted", charge: 0, budget: 20 },
    ...{ error: { code: "budget_exhausted", nodes: ["pay"] }, tree: { charge: 18 } },
  });
  const [run] = await engine.nodes(root, "run");
  const child = run?.childExecutionId ?? root;
  expect(await engine.read(child)).toMatchObject({ endReason: "parent_stopped", charge: 18 });
  expect(await countNodes(engine.db, child)).toEqual({ "pay COMPLETED": 6, "pay TERMINATED": 1, "x COMPLETED": 1 });
  expect(gate.aborted()).toEqual(["held"]);
  expect(await engine.receiptOf(root)).toMatchObject({
    ...{ cause: "budget", outcome: "stopped", ends_as: "budget_exhausted" },
    proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
  });
  expect(await engine.closed(root)).not.toBe("RUNNING");
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("an attempt that is tried again is recorded with what it used, and only the one that counts is charged", async () => {
  const engine = setup();
  const nodes = [{ id: "flaky", blockId: flaky.definition.id, constants: {}, retry: { firstInterval: "10ms" } }];
  const root = await engine.start(await engine.save(draft(nodes, [])), {}, { budget: 9 });
  expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED", charge: 6, tree: { charge: 6 } });
  expect(await engine.nodes(root)).toMatchObject([{ attempt: 3, usage: { units: 6 }, charge: 6 }]);
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a rerun and a detached graph have a budget of their own, and what a rerun takes over is not charged again", async () => {
  const engine = setup();
  const inner: GraphDraft = { id: "inner", ...draft([priced.remote("apart"), priced.remote("too")], []) };
  const detached = { ...node("apart", "AgentExecutor", { graphId: "inner" }), lifecycle: "detached" as const };
  const graph = draft(
    [detached, priced.remote("a"), priced.remote("b"), priced.inline("c"), priced.remote("d")],
    ["a.out -> b.in", "b.out -> c.in", "c.out -> d.in"],
    { subGraphs: [inner] },
  );
  const root = await engine.start(await engine.save(graph), {}, { budget: 11 });
  expect(await engine.ended(root)).toMatchObject({ endReason: "budget_exhausted", tree: { charge: 9 } });
  await engine.receiptOf(root);
  const id = newExecutionId();
  expect(await startRerun(engine.db, { id, actor: "ada", resumedFrom: root, again: null })).toBeNull();
  await engine.dispatcher.startNow(id);
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", budget: 11, tree: { charge: 3 } });
  expect((await engine.nodes(id)).map(({ nodeId, charge }) => [nodeId, charge])).toEqual([
    ["apart", 0],
    ...["a", "b", "c"].map((nodeId) => [nodeId, 0]),
    ["d", 3],
  ]);
  const apart = await until(
    () =>
      engine.db.pool.query(
        `select e.status, e.budget, t.charge::int from executions e join trees t on t.root_id = e.id where e.origin_execution_id = $1`,
        [root],
      ),
    ({ rows: [row] }) => (row as { status?: string } | undefined)?.status === "COMPLETED",
  );
  expect(apart.rows).toEqual([{ status: "COMPLETED", budget: null, charge: 6 }]);
  expect(await faultsOf(engine.db)).toEqual([]);
});
