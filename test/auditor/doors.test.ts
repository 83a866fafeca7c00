import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ExecutionId } from "../../graph/ids";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { countLive, faultsOf } from "../support/record";
import { testVariable } from "../support/variables";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const page = readFileSync(join(__dirname, "../../docs/auditor.md"), "utf8");

/** The one line of the docs that begins so, with this execution in it, as a shell runs it. */
function lineOf(begin: string, id: ExecutionId): string {
  const lines = page.split("\n").filter((line) => line.startsWith(`npm run temporal -- ${begin}`));
  expect(lines).toHaveLength(1);
  const cli = process.env["TEMPORAL_CLI_PATH"] ?? "temporal";
  return String(lines[0])
    .replace("npm run temporal --", `"${cli}"`)
    .replace(/<(execution|root) id>/, id);
}

async function runLine(begin: string, id: ExecutionId): Promise<void> {
  const env = { ...process.env, TEMPORAL_ADDRESS: testVariable("temporal"), TEMPORAL_NAMESPACE: "default" };
  await promisify(execFile)("sh", ["-c", lineOf(begin, id)], { env });
}

/**
 * A root with two nested graphs, each with a node that runs; `why` gets what the first one's error pin says. With
 * `stays`, the root also has a timer of its own: without it, it completes where both were ended before itself.
 */
async function setup({ hold = true, stays = false } = {}) {
  const gate = createGate();
  const engine = await startEngine({ blocks: [gate.block] });
  const held: GraphNode = hold
    ? { id: "hold", blockId: gate.blockId, constants: { in: "held" } }
    : node("hold", "CountdownTimer", { hours: 1 });
  const inner: GraphDraft = {
    ...draft([held, node("y", "AgentOutput", { name: "y" })], hold ? ["hold.out -> y.value"] : []),
    id: "inner",
  };
  const run = (id: string) => node(id, "AgentExecutor", { graphId: "inner" });
  const graph = draft(
    [
      run("first"),
      run("second"),
      node("why", "AgentOutput", { name: "why" }),
      node("both", "AgentOutput", { name: "y" }),
      ...(stays ? [node("stay", "CountdownTimer", { hours: 1 })] : []),
    ],
    ["first.error -> why.value", "second.y -> both.value"].slice(0, hold ? 2 : 1),
    { subGraphs: [inner] },
  );
  const root = await engine.start(await engine.save(graph));
  const { db } = engine;
  const waits = async () =>
    (await db.pool.query("select 1 from node_executions where node_id = 'hold' and status in ('RUNNING', 'WAITING')"))
      .rowCount;
  await until(waits, (count) => count === 2);
  if (hold) await until(gate.inside, (inside) => inside.length === 2);

  const stops = async () =>
    (
      await db.pool.query(
        "select execution_id, status, outcome, cause, reason, requested_by, proof, leftovers from stops",
      )
    ).rows;
  /** The whole tree is stopped, by one stop, and both sides agree. */
  async function expectStopped(cause: string) {
    await until(stops, (rows) => rows.length > 0 && rows.every(({ status }) => status === "CLOSED"));
    expect(await stops()).toMatchObject([
      {
        execution_id: root,
        outcome: "stopped",
        cause,
        proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
        leftovers: [],
      },
    ]);
    const { rows } = await db.pool.query("select depth, status, end_reason from executions order by 1");
    expect(rows).toEqual([
      { depth: 0, status: "TERMINATED", end_reason: "stopped" },
      { depth: 1, status: "TERMINATED", end_reason: "parent_stopped" },
      { depth: 1, status: "TERMINATED", end_reason: "parent_stopped" },
    ]);
    await expectAgreed();
  }
  async function expectAgreed() {
    expect(gate.inside()).toEqual([]);
    expect(await countLive(db, root)).toBe(0);
    expect(
      await until(
        () => engine.open(root),
        (open) => open.length === 0,
      ),
    ).toEqual([]);
    expect(await faultsOf(db)).toEqual([]);
  }
  const orphans = async () => (await db.pool.query("select orphans from auditor")).rows[0]?.orphans as unknown;
  const childOf = async (nodeId: string) => {
    const [found] = await engine.nodes(root, nodeId);
    return found?.childExecutionId as ExecutionId;
  };
  return { ...engine, gate, root, stops, expectStopped, expectAgreed, orphans, childOf };
}

describe("a whole tree, through Temporal's own doors", () => {
  test("by the `stop` signal", async () => {
    await using engine = await setup();
    await runLine("workflow signal", engine.root);
    await engine.expectStopped("signal");
    expect(await engine.stops()).toMatchObject([{ reason: "wrong input", requested_by: "ada" }]);
  });

  test("by a cancel", async () => {
    await using engine = await setup();
    await runLine("workflow cancel --workflow-id", engine.root);
    await engine.expectStopped("cancel");
    expect(await engine.closed(engine.root)).toBe("CANCELLED");
  });

  test("by a terminate while nodes run: a heartbeat finds it, and they are aborted, not abandoned", async () => {
    await using engine = await setup();
    await runLine("workflow terminate --workflow-id", engine.root);
    await engine.expectStopped("terminate");
    expect(await engine.stops()).toMatchObject([
      { reason: "wrong input", requested_by: expect.stringContaining("temporal-cli") },
    ]);
    expect(engine.gate.aborted()).toEqual(["held", "held"]);
    expect(await engine.orphans()).toEqual({ workflow_ended: 1 });
  });

  test("by a terminate while it only waits: the auditor finds it", async () => {
    await using engine = await setup({ hold: false });
    await runLine("workflow terminate --workflow-id", engine.root);
    await engine.expectStopped("terminate");
    const { rows } = await engine.db.pool.query(
      "select data from events where type = 'orphan.repaired' and execution_id = $1",
      [engine.root],
    );
    expect(rows).toEqual([{ data: { kind: "workflow_ended", action: "fence" } }]);
    expect(await engine.orphans()).toEqual({ workflow_ended: 1 });
  });

  test("by a cancel of all its workflows, in any order", async () => {
    await using engine = await setup({ stays: true });
    await runLine("workflow cancel --query", engine.root);
    await until(
      () => engine.read(engine.root),
      ({ status }) => status === "TERMINATED",
    );
    await expectBatchStopped(engine);
  });

  test("by a terminate of all its workflows, in any order", async () => {
    await using engine = await setup({ stays: true });
    await runLine("workflow terminate --query", engine.root);
    await expectBatchStopped(engine);
  });
});

/** Which goes first is Temporal's: a nested graph that was gone before its parent has a stop of its own. */
async function expectBatchStopped(engine: Awaited<ReturnType<typeof setup>>) {
  const { db, root } = engine;
  await engine.ended(root);
  await until(engine.stops, (rows) => rows.every(({ status }) => status === "CLOSED"));
  const { rows } = await db.pool.query("select depth, status, end_reason from executions order by depth");
  expect(rows[0]).toEqual({ depth: 0, status: "TERMINATED", end_reason: "stopped" });
  for (const row of rows.slice(1)) {
    expect(row).toMatchObject({ status: "TERMINATED", end_reason: expect.stringMatching(/^(parent_)?stopped$/) });
  }
  await engine.expectAgreed();
}

describe("a nested graph alone, through Temporal's own doors", () => {
  test.each([
    ["workflow signal", "signal"],
    ["workflow cancel --workflow-id", "cancel"],
    ["workflow terminate --workflow-id", "terminate"],
  ])("by `%s` ends as a stopped one: its parent's error pin fires, and the parent goes on", async (begin, cause) => {
    await using engine = await setup();
    const first = await engine.childOf("first");
    await runLine(begin, first);
    await until(engine.stops, (rows) => rows[0]?.status === "CLOSED");
    expect(await engine.stops()).toMatchObject([{ execution_id: first, cause, outcome: "stopped" }]);
    engine.gate.open();
    expect(await engine.ended(engine.root)).toMatchObject({
      status: "COMPLETED",
      endReason: "finished",
      outputs: { why: [expect.stringContaining(first)], y: ["held"] },
    });
    expect(await engine.nodes(engine.root, "first")).toMatchObject([{ status: "TERMINATED", endReason: "stopped" }]);
    expect(await engine.read(first)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
    await engine.expectAgreed();
  });
});

describe("a reset goes on from the record: what is done is not done again, and nothing is stopped", () => {
  test.each(["the root", "a nested graph"])("of %s", async (which) => {
    await using engine = await setup();
    const isRoot = which === "the root";
    await runLine("workflow reset", isRoot ? engine.root : await engine.childOf("second"));
    // The attempt that the run before had started is told that its workflow is gone, and the new run makes another one.
    if (!isRoot) await until(engine.gate.aborted, (aborted) => aborted.length === 1);
    await until(engine.gate.inside, (inside) => inside.length === 2);
    engine.gate.open();
    expect(await engine.ended(engine.root)).toMatchObject({ status: "COMPLETED", outputs: { y: ["held"] } });
    const { rows } = await engine.db.pool.query("select depth, status from executions order by 1");
    expect(rows).toEqual([0, 1, 1].map((depth) => ({ depth, status: "COMPLETED" })));
    expect(await engine.stops()).toEqual([]);
    // Of an audit that came after the end.
    expect(await until(engine.orphans, (orphans) => orphans !== undefined)).toEqual({});
    await engine.expectAgreed();
  });
});
