import type { GraphDraft, GraphNode } from "../../graph/definition";
import { signalNames } from "../../workflows/messages";
import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { countLive, faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** A tree of 1 + 3 + 9 executions; each of the nine has a remote node that runs, a timer and a node that is fed in part. */
async function setup() {
  const gate = createGate();
  const engine = await startEngine({ blocks: [gate.block] });
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: "held" } };
  const leaf: GraphDraft = {
    ...draft(
      [
        hold,
        node("t", "CountdownTimer", { hours: 1 }),
        node("one", "CreateList", { values: [1] }),
        node("both", "AddToList"),
      ],
      ["hold.out -> both.entry", "one.list -> both.list"],
    ),
    id: "leaf",
  };
  const three = (id: string) => [1, 2, 3].map((n) => node(`run${n}`, "AgentExecutor", { graphId: id }));
  const middle: GraphDraft = { ...draft(three("leaf"), []), id: "middle" };
  const graph = await engine.save(draft(three("middle"), [], { subGraphs: [middle, leaf] }));
  const root = await engine.start(graph);
  await until(gate.inside, (inside) => inside.length === 9);
  const { db } = engine;

  /** What every stop of the whole tree leads to, whoever asked for it. */
  async function expectStopped(cause: string) {
    expect(gate.inside()).toEqual([]);
    expect(gate.aborted()).toHaveLength(9);
    expect(await countLive(db, root)).toBe(0);
    const { rows } = await db.pool.query(
      "select depth, status, end_reason, count(*)::int from executions group by 1, 2, 3 order by 1",
    );
    expect(rows).toEqual([
      { depth: 0, status: "TERMINATED", end_reason: "stopped", count: 1 },
      { depth: 1, status: "TERMINATED", end_reason: "parent_stopped", count: 3 },
      { depth: 2, status: "TERMINATED", end_reason: "parent_stopped", count: 9 },
    ]);
    expect(await engine.open(root)).toEqual([]);
    const stops = await db.pool.query("select status, outcome, cause, proof, counts, leftovers from stops");
    expect(stops.rows).toMatchObject([
      {
        status: "CLOSED",
        outcome: "stopped",
        cause,
        proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
        counts: { executions: 13, aborted: 9, swept: 12 + 9 + 9, abandoned: 0 },
        leftovers: [],
      },
    ]);
    expect(await faultsOf(db)).toEqual([]);
  }
  const stopClosed = () =>
    until(
      async () => (await db.pool.query("select status from stops")).rows,
      ([stop]) => stop?.status === "CLOSED",
    );
  return { ...engine, gate, root, expectStopped, stopClosed };
}

describe("a tree of 1 + 3 + 9 executions", () => {
  test("is stopped by a request: nothing runs, nothing is open, and the receipt proves it", async () => {
    await using engine = await setup();
    expect(await engine.stop(engine.root, { reason: "enough", cause: "request" })).toMatchObject({
      status: "CLOSED",
      reason: "enough",
      counts: { cancelled: 13 },
    });
    await engine.expectStopped("request");
    expect(await engine.closed(engine.root)).toBe("CANCELLED");
  });

  test("is stopped by a signal, as `temporal workflow signal` sends it", async () => {
    await using engine = await setup();
    await engine.client.workflow.getHandle(engine.root).signal(signalNames.stop, { reason: "by hand", by: "ada" });
    await engine.stopClosed();
    await engine.expectStopped("signal");
    const { rows } = await engine.db.pool.query("select reason, requested_by from stops");
    expect(rows).toEqual([{ reason: "by hand", requested_by: "ada" }]);
  });

  test("is stopped by Temporal's own cancel", async () => {
    await using engine = await setup();
    await engine.client.workflow.getHandle(engine.root).cancel();
    await engine.stopClosed();
    await engine.expectStopped("cancel");
    expect(await engine.closed(engine.root)).toBe("CANCELLED");
  });

  test("is stopped once, however many ask at a time", async () => {
    await using engine = await setup();
    const handle = engine.client.workflow.getHandle(engine.root);
    const [stop] = await Promise.all([
      engine.stop(engine.root),
      handle.cancel(),
      handle.signal(signalNames.stop),
      engine.stop(engine.root),
    ]);
    expect(stop).toMatchObject({ status: "CLOSED", outcome: "stopped" });
    const { rows } = await engine.db.pool.query("select cause from stops");
    expect(rows).toHaveLength(1);
    await engine.expectStopped(String(rows[0].cause));
  });
});

test("an execution that ended by itself is not stopped again", async () => {
  await using engine = await startEngine();
  const id = await engine.start(await engine.save(draft([node("n", "StoreValue", { input: 1 })], [])));
  await engine.ended(id);
  expect(await engine.stop(id)).toMatchObject({ id: null, status: "CLOSED", outcome: "already_finished" });
  expect(await engine.read(id)).toMatchObject({ status: "COMPLETED" });
});

test("a `self` stop lets the nested graphs finish, keeps their results and starts nothing more", async () => {
  const gate = createGate();
  await using engine = await startEngine({ blocks: [gate.block] });
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: 7 } };
  const inner: GraphDraft = {
    ...draft([hold, node("y", "AgentOutput", { name: "y" })], ["hold.out -> y.value"]),
    id: "inner",
  };
  const graph = draft(
    [node("run", "AgentExecutor", { graphId: "inner" }), node("next", "StoreValue")],
    ["run.y -> next.input"],
    { subGraphs: [inner] },
  );
  const root = await engine.start(await engine.save(graph));
  await until(gate.inside, (inside) => inside.length === 1);
  const stopping = engine.stop(root, { cascade: false });
  await until(
    async () => (await engine.db.pool.query("select 1 from fences")).rowCount,
    (count) => count === 1,
  );
  gate.open();
  expect(await stopping).toMatchObject({ status: "CLOSED", cascade: false });
  expect(await engine.read(root)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
  expect(await engine.nodes(root)).toMatchObject([
    { nodeId: "run", status: "COMPLETED", outputs: [{ pin: "y", value: 7 }] },
  ]);
  expect(gate.aborted()).toEqual([]);
  expect(await engine.open(root)).toEqual([]);
  expect(await faultsOf(engine.db)).toEqual([]);
});
