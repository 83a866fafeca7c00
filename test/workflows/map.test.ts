import { openHold, releaseHold } from "../../db/holds";
import { startRerun } from "../../db/rerun";
import { outboxWake } from "../../db/wake";
import type { GraphDraft, GraphNode, NodeMap } from "../../graph/definition";
import { newExecutionId } from "../support/factory";
import { createGate } from "../support/gate";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const list = Array.from({ length: 12 }, (_, index) => `item ${index}`);

const gate = createGate();
const engineOf = shareEngine({ blocks: [gate.block] });

function setup() {
  const engine = engineOf();
  gate.reset();
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: {} };
  const leaf: GraphDraft = {
    id: "leaf",
    ...draft([input, hold, output], ["x.result -> hold.in", "hold.out -> y.value"]),
  };
  const graph = (map: Partial<NodeMap>): GraphDraft => {
    const each: GraphNode = { ...node("each", "AgentExecutor", { graphId: "leaf" }), map: { pin: "x", ...map } };
    const items = node("list", "AgentInput", { name: "list" });
    return draft([items, each, output], ["list.result -> each.x", "each.y -> y.value"], { subGraphs: [leaf] });
  };
  const start = async (map: Partial<NodeMap>, items: readonly string[] = list) =>
    engine.start(await engine.save(graph(map)), { list: [...items] });
  const waitInside = (count: number) => until(gate.inside, (inside) => inside.length === count);
  return { ...engine, gate, start, waitInside };
}

describe("a map", () => {
  test("of 25 items runs 10 at a time, and gives the results in the order of the items", async () => {
    const engine = setup();
    const items = Array.from({ length: 25 }, (_, index) => `item ${index}`);
    const id = await engine.start({}, items);
    await engine.waitInside(10);
    expect((await engine.nodes(id, "each"))[0]).toMatchObject({ status: "RUNNING", map: { done: 0, total: 25 } });
    engine.gate.letGo(3);
    await until(engine.gate.inside, (inside) => inside.includes("item 12"));
    engine.gate.open();
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [items] }, childExecutions: 25 });
    expect(engine.gate.most()).toBe(10);
    expect((await engine.nodes(id, "each"))[0]).toMatchObject({ status: "COMPLETED", map: { done: 25, total: 25 } });
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("starts no other item while it is paused, and goes on when it is resumed", async () => {
    const engine = setup();
    const id = await engine.start({ concurrency: 2 });
    await engine.waitInside(2);
    expect(await openHold(engine.db, { executionId: id, reason: null, requestedBy: "ada" })).toBeNull();
    engine.gate.open();
    await until(
      () => engine.read(id),
      ({ hold }) => hold === "paused",
    );
    expect((await engine.read(id)).childExecutions).toBe(2);
    expect(await releaseHold(engine.db, id, "ada")).toBeNull();
    await engine.db.pool.query("select pg_notify('treeline_wake', $1)", [outboxWake]);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [list] } });
  });

  test("is stopped with its items: those that run are aborted, and no other starts", async () => {
    const engine = setup();
    const id = await engine.start({ concurrency: 4 });
    await engine.waitInside(4);
    expect(await engine.stop(id)).toMatchObject({
      outcome: "stopped",
      counts: { executions: 5, aborted: 4 },
      proof: { liveDescendants: 0, startedAfterFence: 0 },
    });
    expect(engine.gate.aborted().toSorted()).toEqual(list.slice(0, 4));
    expect((await engine.nodes(id, "each"))[0]).toMatchObject({ status: "TERMINATED", map: { total: 12 } });
    expect(await engine.open(id)).toEqual([]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("stops the other items and fails when one is stopped alone; a rerun takes over what had completed", async () => {
    const engine = setup();
    const id = await engine.start({ concurrency: 3 });
    await engine.waitInside(3);
    const [done, ...left] = engine.gate.inside().map((item) => list.indexOf(String(item))); // in whatever order they came
    engine.gate.letGo(1);
    await until(engine.gate.inside, (inside) => inside.includes("item 3"));
    const { rows } = await engine.db.pool.query("select id from executions where parent_id = $1 and item = $2", [
      id,
      left[0],
    ]);
    await engine.stop(rows[0].id);
    expect(await engine.ended(id)).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    expect((await engine.nodes(id, "each"))[0]?.error).toMatchObject({ code: "stopped", childExecutionId: rows[0].id });
    expect(engine.gate.aborted().toSorted()).toEqual([...left, 3].sort().map((item) => list[item]));
    expect(engine.gate.inside()).toEqual([]);

    engine.gate.open();
    const again = newExecutionId();
    expect(await startRerun(engine.db, { id: again, actor: "ada", resumedFrom: id, again: null })).toBeNull();
    await engine.dispatcher.startNow(again);
    expect(await engine.ended(again)).toMatchObject({ status: "COMPLETED", outputs: { y: [list] } });
    const reused = await engine.db.pool.query(
      "select e.item from node_executions n join executions e on e.id = n.execution_id where n.root_id = $1 and n.reused_from is not null",
      [again],
    );
    expect(reused.rows).toEqual([{ item: done }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
