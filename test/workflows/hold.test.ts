import { openHold, releaseHold } from "../../db/holds";
import { outboxWake } from "../../db/wake";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import { createGate } from "../support/gate";
import { faultsOf } from "../support/record";
import { startGraph } from "../support/factory";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const [first, second] = [createGate("First"), createGate("Second")];
const engineOf = shareEngine({ blocks: [first.block, second.block] });

function setup() {
  const engine = engineOf();
  for (const gate of [first, second]) gate.reset();
  const place = (id: string, { blockId }: { blockId: string }): GraphNode => ({ id, blockId, constants: {} });
  /** A remote node, an inline one and a remote one in a row. */
  const chain: GraphDraft = draft(
    [
      node("x", "AgentInput", { name: "x" }),
      place("first", first),
      node("keep", "StoreValue"),
      place("second", second),
      node("y", "AgentOutput", { name: "y" }),
    ],
    ["x.result -> first.in", "first.out -> keep.input", "keep.output -> second.in", "second.out -> y.value"],
  );
  const around = (inner: GraphDraft): GraphDraft =>
    draft(
      [
        node("x", "AgentInput", { name: "x" }),
        node("run", "AgentExecutor", { graphId: "inner" }),
        node("y", "AgentOutput", { name: "y" }),
      ],
      ["x.result -> run.x", "run.y -> y.value"],
      { subGraphs: [{ ...inner, id: "inner" }] },
    );
  const pause = (executionId: ExecutionId) => openHold(engine.db, { executionId, reason: null, requestedBy: "ada" });
  async function resume(id: ExecutionId) {
    expect(await releaseHold(engine.db, id, "ada")).toBeNull();
    await engine.db.pool.query("select pg_notify('treeline_wake', $1)", [outboxWake]);
  }
  const paused = (id: ExecutionId) =>
    until(
      () => engine.read(id),
      ({ hold }) => hold === "paused",
    );
  return { ...engine, first, second, chain, around, pause, resume, paused };
}

test("what runs when an execution is paused finishes and is kept, nothing new starts, and it goes on when it is resumed", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.chain), { x: "kept" });
  await until(engine.first.inside, (inside) => inside.length === 1);
  expect(await engine.pause(id)).toBeNull();
  expect((await engine.read(id)).hold).toBe("pausing");
  engine.first.open();
  engine.second.open();
  await engine.paused(id);
  const nodes = await engine.nodes(id);
  expect(nodes.map(({ nodeId, status }) => [nodeId, status])).toEqual([
    ["x", "COMPLETED"],
    ["first", "COMPLETED"],
  ]);
  expect(nodes[1]?.outputs).toEqual([{ pin: "out", value: "kept" }]);
  await engine.resume(id);
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: ["kept"] }, hold: null });
  expect(await engine.closed(id)).toBe("COMPLETED");
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a timer that fires while it is held waits, and fires when it is released", async () => {
  const engine = setup();
  const id = await engine.start(
    await engine.save(
      draft(
        [
          node("t", "CountdownTimer", { seconds: "0.3", input_message: "ding" }),
          node("y", "AgentOutput", { name: "y" }),
        ],
        ["t.output_message -> y.value"],
      ),
    ),
  );
  await until(
    () => engine.nodes(id, "t"),
    ([timer]) => timer?.status === "WAITING",
  );
  await engine.pause(id);
  await until(
    () => engine.eventTypes(id),
    (types) => types.includes("TIMER_FIRED"),
  );
  expect(await engine.nodes(id)).toMatchObject([{ nodeId: "t", status: "WAITING" }]);
  await engine.resume(id);
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: ["ding"] } });
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a hold on a parent holds its children too, running ones and those whose workflow starts later", async () => {
  const engine = setup();
  const graph = await engine.save(engine.around(engine.chain));
  const running = await engine.start(graph, { x: "a" });
  await until(engine.first.inside, (inside) => inside.length === 1);
  await engine.pause(running);
  engine.first.open();
  engine.second.open();
  await engine.paused(running);

  const queued = await startGraph(engine.db, graph, { inputs: { x: "b" } });
  await engine.pause(queued); // before its workflow exists
  await engine.dispatcher.startNow(queued);
  await until(
    () => engine.eventTypes(queued),
    (types) => types.includes("WORKFLOW_TASK_COMPLETED"),
  );
  expect(await engine.nodes(queued)).toEqual([]);
  expect(engine.second.most()).toBe(0);

  for (const [id, value] of [
    [running, "a"],
    [queued, "b"],
  ] as const) {
    await engine.resume(id);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [value] } });
  }
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a child paused alone stays so when its parent is resumed", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.around(engine.chain)), { x: "a" });
  await until(engine.first.inside, (inside) => inside.length === 1);
  const child = (await engine.nodes(id, "run"))[0]?.childExecutionId;
  if (!child) throw new Error("no child");
  await engine.pause(child);
  await engine.pause(id);
  engine.first.open();
  engine.second.open();
  await engine.paused(id);
  await engine.resume(id);
  expect((await engine.read(child)).hold).toBe("paused");
  expect((await engine.read(id)).hold).toBeNull();
  expect(await engine.nodes(child, "second")).toEqual([]);
  await engine.resume(child);
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: ["a"] } });
});

test("a stop works on a paused tree at once, and nothing of it is left", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.around(engine.chain)), { x: "a" });
  await until(engine.first.inside, (inside) => inside.length === 1);
  await engine.pause(id);
  engine.first.open();
  await engine.paused(id);
  expect(await engine.stop(id)).toMatchObject({
    status: "CLOSED",
    outcome: "stopped",
    proof: { liveDescendants: 0, startedAfterFence: 0 },
  });
  expect(await engine.read(id)).toMatchObject({ status: "TERMINATED", endReason: "stopped", hold: null });
  expect(await engine.open(id)).toEqual([]);
  expect(await engine.pause(id)).toBe("ended");
});

test("the signals pause and resume do the same", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.chain), { x: "a" });
  await until(engine.first.inside, (inside) => inside.length === 1);
  const handle = engine.client.workflow.getHandle(id);
  await handle.signal("pause", { reason: "lunch", by: "bob" });
  await until(
    () => engine.read(id),
    ({ hold }) => hold === "pausing",
  );
  engine.first.open();
  engine.second.open();
  await engine.paused(id);
  await handle.signal("resume");
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: ["a"] } });
});
