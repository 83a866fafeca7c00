import { randomUUID } from "node:crypto";
import { MockActivityEnvironment } from "@temporalio/testing";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import type { StreamBlock } from "../../blocks/block";
import { any, define, emitted, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { listNodeExecutions } from "../../db/node-executions";
import { startNodes } from "../../db/nodes";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { openActivities } from "../support/run";
import { draft, node } from "../unit/graph/fixtures";

/** A node whose first attempt has emitted "first" and was lost with its worker. */
async function setup(resumable: boolean) {
  const asked: number[] = [];
  const block: StreamBlock = {
    resumable,
    definition: define({
      ...{ id: randomUUID(), name: "Stream", description: "", placement: "remote" },
      inputSchema: pins({}),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    async *stream(_inputs, _context, done) {
      asked.push(done);
      yield await Promise.resolve({ pin: "out", value: "second" });
    },
  };
  const db = connect((await testDatabase()).url, { max: 3 });
  const blocks = createRegistry([block]);
  const definitions = createDefinitions(db, catalogOf(blocks));
  const advance = createAdvance({ db, blocks, definitions, wake: () => undefined });
  const nodes = [{ id: "s", blockId: block.definition.id, constants: {} }, node("near", "StoreValue")];
  const graph = draft(nodes, ["s.out -> near.input", "s.error -> near.input"]);
  const executionId = await startGraph(db, await saveGraph(db, graph, catalogOf(blocks)));
  const activities = openActivities(db, [block]);
  const { work } = await activities.record.begin(executionId, "run");
  const [stream] = work;
  if (stream?.kind !== "remote") throw new Error("no remote node");
  await startNodes(db, executionId, [{ id: stream.id, hostId: null }]);
  const first = {
    kind: "emitted",
    id: stream.id,
    attempt: 1,
    after: 0,
    emissions: [{ pin: "out", value: "first" }],
  } as const;
  const recorded = await advance.record(executionId, first);
  return {
    db,
    asked,
    recorded,
    again: () => advance.record(executionId, first),
    attempt: () => new MockActivityEnvironment().run(activities.nodes["Stream"] ?? fail, { ...stream, executionId }),
    of: (nodeId: string) => listNodeExecutions(db, executionId, { statuses: [], nodeId }, { limit: 9, after: 0 }),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

function fail(): never {
  throw new Error("no such activity");
}

test("what a stream is said to have emitted once again, as after a lost answer, is recorded once", async () => {
  await using bundle = await setup(true);
  expect(await bundle.again()).toMatchObject({ answer: { state: "live" }, late: false });
  expect(await bundle.of("s")).toMatchObject([{ status: "RUNNING", outputs: [{ value: "first" }] }]);
  expect(await bundle.of("near")).toHaveLength(1);
  expect(await faultsOf(bundle.db)).toEqual([]);
});

describe("a stream whose worker was lost", () => {
  test("is not begun again: it fails, and what it has emitted stays", async () => {
    await using bundle = await setup(false);
    expect(bundle.recorded).toMatchObject({ answer: { state: "live" }, late: false });
    expect(await bundle.of("near")).toMatchObject([{ status: "COMPLETED", inputs: { input: "first" } }]);
    expect(await bundle.attempt()).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(bundle.asked).toEqual([]);
    expect(await bundle.of("s")).toMatchObject([
      { status: "FAILED", endReason: "lost", attempt: 2, outputs: [{ value: "first" }, { pin: "error" }] },
    ]);
    expect(await faultsOf(bundle.db)).toEqual([]);
  });

  test("goes on after what is in the record if it is resumable, and the lost attempt records nothing more", async () => {
    await using bundle = await setup(true);
    expect(await bundle.attempt()).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(bundle.asked).toEqual([1]);
    expect(await bundle.again()).toMatchObject({ late: true });
    expect(await bundle.of("s")).toMatchObject([
      { status: "COMPLETED", attempt: 2, outputs: [{ value: "first" }, { value: "second" }] },
    ]);
    expect((await bundle.of("near")).map(({ inputs }) => inputs["input"])).toEqual(["first", "second"]);
    expect(await faultsOf(bundle.db)).toEqual([]);
  });
});
