import type { GraphDraft, GraphNode } from "../../graph/definition";
import { defaultLimits } from "../../graph/limits";
import { startEngine, type Engine } from "../support/engine";
import { createGate } from "../support/gate";
import { countNodes, faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const setup = startEngine;

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
  test("ends an endless loop of inline nodes at exactly as many iterations", async () => {
    await using engine = await setup();
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
