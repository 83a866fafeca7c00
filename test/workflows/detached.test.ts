import type { GraphDraft, GraphNode } from "../../graph/definition";
import { parseExecutionId, type ExecutionId } from "../../graph/ids";
import { planStop } from "../../db/stops";
import type { Engine } from "../support/engine";
import { ownerId } from "../support/factory";
import { createGate } from "../support/gate";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const id = node("id", "AgentOutput", { name: "id" });

const gate = createGate();
const engineOf = shareEngine({ blocks: [gate.block] });

/** The outer graph starts the inner one detached; both then wait at a gate, with "outer" and "inner". */
async function setup() {
  const engine = engineOf();
  gate.reset();
  const hold = (value: string): GraphNode => ({ id: "hold", blockId: gate.blockId, constants: { in: value } });
  const inner: GraphDraft = { id: "inner", ...draft([input, hold("inner"), output], ["hold.out -> y.value"]) };
  const start: GraphNode = { ...node("start", "AgentExecutor", { graphId: "inner", x: 1 }), lifecycle: "detached" };
  const graph = draft([start, id, hold("outer"), output], ["start.executionId -> id.value", "hold.out -> y.value"], {
    subGraphs: [inner],
  });
  const root = await engine.start(await engine.save(graph));
  await until(gate.inside, (inside) => inside.length === 2);
  const detached = parseExecutionId(String((await engine.read(root)).outputs["id"]?.[0]));
  return { engine, root, detached };
}

async function stopOf(engine: Engine, executionId: ExecutionId) {
  const { rows } = await engine.db.pool.query<{ id: string; status: string; reason: string | null }>(
    "select id, status, reason from stops where execution_id = $1",
    [executionId],
  );
  return rows[0];
}

describe("a detached nested graph", () => {
  test("runs by itself: its node is done at once, and it outlives the execution that started it", async () => {
    const { engine, root, detached } = await setup();
    expect(await engine.nodes(root, "start")).toMatchObject([
      { status: "COMPLETED", childExecutionId: detached, outputs: [{ pin: "executionId", value: detached }] },
    ]);
    expect(gate.inside().toSorted()).toEqual(["inner", "outer"]);
    gate.letGo(gate.inside().indexOf("outer") + 1);
    gate.open();
    expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED", outputs: { id: [detached] } });
    expect(await engine.ended(detached)).toMatchObject({
      status: "COMPLETED",
      rootId: detached,
      detachedFrom: { executionId: root },
      outputs: { y: ["inner"] },
    });
    expect(await engine.closed(detached)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("lives on when the one that started it is stopped, and the receipt lists it", async () => {
    const { engine, root, detached } = await setup();
    expect(await planStop(engine.db, ownerId, root)).toMatchObject({
      executions: 1,
      detached: [{ executionId: detached, status: "RUNNING", stopId: null }],
    });
    expect(await engine.stop(root)).toMatchObject({
      outcome: "stopped",
      counts: { executions: 1, detached: 1 },
      detached: [{ executionId: detached, status: "RUNNING", stopId: null }],
    });
    expect(gate.inside()).toEqual(["inner"]);
    gate.open();
    expect(await engine.ended(detached)).toMatchObject({ status: "COMPLETED" });
  });

  test("is stopped in its own tree, by a stop of its own, where the stop includes it", async () => {
    const { engine, root, detached } = await setup();
    const receipt = await engine.stop(root, { includeDetached: true, reason: "enough" });
    const own = await until(
      () => stopOf(engine, detached),
      (stop) => stop?.status === "CLOSED",
    );
    expect(own).toMatchObject({ reason: "enough" });
    expect(receipt).toMatchObject({
      outcome: "stopped",
      counts: { executions: 1, detached: 1 },
      detached: [{ executionId: detached, stopId: own?.id }],
    });
    expect(await engine.ended(detached)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
    expect(gate.aborted().toSorted()).toEqual(["inner", "outer"]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
