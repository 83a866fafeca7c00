import { MockActivityEnvironment } from "@temporalio/testing";
import { randomUUID } from "node:crypto";
import type { Database } from "../../db/client";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { settleFenced } from "../../db/stops";
import type { Answer, RemoteWork } from "../../workflows/messages";
import { testDatabase } from "../support/database";
import { fence, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { openActivities } from "../support/run";

const cut = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

/** Loses what Postgres answers to the first statement of this name: it is carried out, and the connection is cut. */
function loseAnswer(
  db: Database,
  statement: string,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): void {
  const query = db.pool.query.bind(db.pool) as (...args: unknown[]) => Promise<unknown>;
  let isLost = false;
  Object.assign(db.pool, {
    async query(...args: unknown[]) {
      const answer = await query(...args);
      if (isLost || (args[0] as { name?: string }).name !== statement) return answer;
      isLost = true;
      await meanwhile();
      throw cut();
    },
  });
}

/** Remote nodes in a row; `run` is the activity of the first one, `ran` has an entry for each run of code. */
async function setup(nodeIds: readonly string[], constants = {}) {
  const ran: string[] = [];
  const block: RemoteBlock = {
    definition: define({
      ...{ id: randomUUID(), name: "Step", description: "", placement: "remote" },
      inputSchema: pins({ in: optional(any, null, "") }),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    run(_inputs, { idempotencyKey }) {
      ran.push(idempotencyKey);
      return Promise.resolve([{ pin: "out", value: 1 }]);
    },
  };
  const db = connect((await testDatabase()).url, { max: 3 });
  const nodes = nodeIds.map((id) => ({ id, blockId: block.definition.id, constants }));
  const links = nodeIds.slice(1).map((sinkId, i) => ({
    ...{ sourceId: nodeIds[i] ?? "", sourceName: "out", sinkId, sinkName: "in", isStatic: false },
  }));
  const graph = await saveGraph(db, { name: "row", nodes, links }, catalogOf(createRegistry([block])));
  const id = await startGraph(db, graph);
  const activities = openActivities(db, [block]);
  const { work } = await activities.record.begin(id, "run");
  const [first] = work as RemoteWork[];
  if (!first) throw new Error("nothing to run");
  const runNode = activities.nodes["Step"] as (call: object) => Promise<Answer>;
  return {
    ...{ db, id, ran },
    run: () => new MockActivityEnvironment().run(runNode, { ...first, executionId: id }),
    async rows() {
      const { rows } = await db.pool.query("select node_id, status, attempt from node_executions order by seq");
      return rows as unknown[];
    },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

const completed = (node_id: string, attempt = 1) => ({ node_id, status: "COMPLETED", attempt });

describe("an answer of Postgres that is lost", () => {
  test("to the last result: it is recorded once, and the code does not run again", async () => {
    await using bundle = await setup(["a"]);
    loseAnswer(bundle.db, "commit_step");
    expect(await bundle.run()).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(await bundle.rows()).toEqual([completed("a")]);
    expect(bundle.ran).toHaveLength(1);
    expect(await faultsOf(bundle.db)).toEqual([]);
  });

  test("to a result with the start of the next node: that is asked for anew", async () => {
    await using bundle = await setup(["a", "b"]);
    loseAnswer(bundle.db, "commit_step");
    expect(await bundle.run()).toMatchObject({ state: "live", more: true });
    expect(await bundle.rows()).toEqual([completed("a"), { node_id: "b", status: "RUNNING", attempt: 1 }]);
    expect(bundle.ran).toHaveLength(1);
    expect(await faultsOf(bundle.db)).toEqual([]);
  });

  test("to a start: the code runs once", async () => {
    await using bundle = await setup(["a"]);
    loseAnswer(bundle.db, "start_nodes");
    expect(await bundle.run()).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(await bundle.rows()).toEqual([completed("a", 2)]);
    expect(bundle.ran).toHaveLength(1);
  });

  test.each([
    ["a result with the start of the next node", "commit_step", 1],
    ["a start", "start_nodes", 0],
  ])("to %s, with a fence before it is asked for again: a stop waits for nobody", async (_what, statement, runs) => {
    await using bundle = await setup(["a", "b"]);
    const { db, id } = bundle;
    const stops: Awaited<ReturnType<typeof fence>>[] = [];
    loseAnswer(db, statement, async () => stops.push(await fence(db, id)));
    expect(await bundle.run()).toMatchObject({ state: "fenced" });
    expect(bundle.ran).toHaveLength(runs);
    const [stop] = stops;
    if (!stop) throw new Error("no fence");
    expect(await settleFenced(db, stop.stopId, [])).toMatchObject({ running: 0, abandoned: 0, quiesced: true });
    expect(await faultsOf(db)).toEqual([]);
  });

  test("to the load of a large input: the node goes on", async () => {
    await using bundle = await setup(["a"], { in: "x".repeat(100_000) });
    loseAnswer(bundle.db, "load_large");
    expect(await bundle.run()).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(await bundle.rows()).toEqual([completed("a")]);
  });
});
