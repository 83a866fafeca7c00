import { randomUUID } from "node:crypto";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import type { Result } from "../../activities/result";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { startNodes } from "../../db/nodes";
import { readHead, type Head } from "../../db/state";
import type { GraphNode, GraphSettings } from "../../graph/definition";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { countNodes, faultsOf } from "../support/record";
import { draft, node } from "../unit/graph/fixtures";

/** A remote block whose results the tests make up. */
const far: RemoteBlock = {
  definition: define({
    ...{ id: randomUUID(), name: "Far", description: "", placement: "remote" },
    ...{ inputSchema: pins({ in: optional(any, null, "") }), outputSchema: pins({ out: emitted(any, "") }) },
  }),
  run: () => Promise.reject(new Error("never run here")),
};
const farNode = (id: string): GraphNode => ({ id, blockId: far.definition.id, constants: {} });
const items = (count: number) => ({ items: Array.from({ length: count }, (_, index) => index) });

type Failures = { readonly handled?: number; readonly flaky?: number; readonly settings?: GraphSettings };

/** An execution in which so many failures are handled, and all its remote nodes fail in a way that may pass: `rare`, queued after the others, first. */
async function setup({ handled = 0, flaky = 0, settings = {} }: Failures) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const blocks = createRegistry([far]);
  const catalog = catalogOf(blocks);
  const graph = draft(
    [
      node("each", "StepThroughItems", items(handled)),
      node("cut", "RemoveFromDictionary", { dictionary: {} }),
      node("kept", "StoreValue"),
      node("other", "StepThroughItems", items(flaky)),
      farNode("flaky"),
      node("last", "StoreValue", { input: 1 }),
      farNode("rare"),
    ],
    ["each.item -> cut.key", "cut.error -> kept.input", "other.item -> flaky.in", "last.output -> rare.in"],
    { settings },
  );
  const id = await startGraph(db, await saveGraph(db, graph, catalog));
  const advance = createAdvance({ db, blocks, definitions: createDefinitions(db, catalog), wake: () => undefined });
  let answer = await advance.begin((await readHead(db, id)) as Head, "run");
  while (answer.more)
    answer = await advance.outstanding(
      id,
      answer.work.map((one) => one.id),
    );
  const { rows } = await db.pool.query<{ id: Result["id"] }>(
    "select id from node_executions where placement = 'remote' order by node_id <> 'rare', queued_seq",
  );
  await startNodes(
    db,
    id,
    rows.map((row) => ({ id: row.id, hostId: null })),
  );
  const failed = {
    kind: "finished",
    attempt: 1,
    status: "FAILED",
    endReason: "node_failed",
    emissions: [],
    used: {},
  } as const;
  const error = { code: "busy", message: "not now" };
  const ends = rows.map((row) => ({ ...failed, id: row.id, error }));
  // As they come, so together; the last failure finds the others in the record.
  await Promise.all(ends.slice(0, -1).map((result) => advance.record(id, result)));
  await Promise.all(ends.slice(-1).map((result) => advance.record(id, result)));
  expect(await faultsOf(db)).toEqual([]);
  return {
    ...{ db, id },
    nodes: () => countNodes(db, id),
    read: async () => await readExecution(db, ownerId, id, []),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

const later: GraphSettings = { resurrect: { attempts: 1, cooldown: "1h" } };

describe("with many failures that are handled", () => {
  test("an execution goes on after the few that nobody handles", async () => {
    await using run = await setup({ handled: 900, flaky: 2, settings: later });
    expect(await run.read()).toMatchObject({ status: "WAITING", resurrections: 1, failedNodeExecutions: 903 });
    expect(await run.nodes()).toMatchObject({ "cut FAILED": 900, "flaky WAITING": 2, "rare WAITING": 1 });
  });

  test("an execution that fails names the nodes that nobody has handled, and no other", async () => {
    await using run = await setup({ handled: 900, flaky: 2 });
    expect(await run.read()).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { message: 'failed and nobody handled it: "flaky", "rare"', nodes: ["flaky", "rare"] },
    });
  });
});

describe("of failures that nobody handles", () => {
  test("100 at once are gone on from", async () => {
    await using run = await setup({ flaky: 99, settings: later });
    expect(await run.read()).toMatchObject({ status: "WAITING", resurrections: 1 });
    expect(await run.nodes()).toMatchObject({ "flaky WAITING": 99, "rare WAITING": 1 });
  });

  test("101 at once are not, and each node among them is named", async () => {
    await using run = await setup({ flaky: 100, settings: later });
    expect(await run.read()).toMatchObject({ status: "FAILED", resurrections: 0, error: { nodes: ["flaky", "rare"] } });
  });

  test("those of one node hide no other node's", async () => {
    await using run = await setup({ flaky: 300 });
    expect(await run.read()).toMatchObject({ status: "FAILED", error: { nodes: ["flaky", "rare"] } });
  });
});
