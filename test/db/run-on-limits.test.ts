import { MockActivityEnvironment } from "@temporalio/testing";
import { createAdvance, type Host } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import { createRunningNodes } from "../../activities/running-nodes";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { startNodes } from "../../db/nodes";
import { readHead, readState, type Head } from "../../db/state";
import type { GraphDraft, Limits } from "../../graph/definition";
import { effectiveLimits } from "../../graph/limits";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { createPriced } from "../support/priced";
import { countNodes, faultsOf } from "../support/record";
import { openActivities } from "../support/run";
import { draft, node } from "../unit/graph/fixtures";

const priced = createPriced();
const blocks = createRegistry(priced.blocks);

/** Starts another graph, detached. */
const detached = (id: string) => ({
  ...node(id, "AgentExecutor", { graphId: "inner" }),
  lifecycle: "detached" as const,
});

/** A chain of remote nodes, each of which feeds a detached nested graph, a priced inline node and a sum that waits for the last. */
const chain: GraphDraft = draft(
  [
    ...["a", "b", "c", "e"].map((id) => priced.remote(id, id === "a" ? { in: 1 } : {})),
    ...["d1", "d2", "d3"].map(detached),
    priced.inline("beside"),
    node("sum", "Calculator", { operation: "Add" }),
  ],
  [
    ...["a.out -> b.in", "b.out -> c.in", "c.out -> e.in"],
    ...["a.out -> d1.x", "b.out -> d2.x", "c.out -> d3.x"],
    ...["a.out -> beside.in", "b.out -> beside.in", "c.out -> beside.in", "a.out -> sum.a", "e.out -> sum.b"],
  ],
  { subGraphs: [{ id: "inner", ...draft([node("x", "AgentInput", { name: "x" })], []) }] },
);

async function setup(limits: Limits = {}) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const catalog = catalogOf(blocks);
  const id = await startGraph(db, await saveGraph(db, chain, catalog), { limits: effectiveLimits({}, limits) });
  return { db, catalog, id, [Symbol.asyncDispose]: () => db.close() };
}

test("detached graphs that one activity starts, node after node, count against the limit children", async () => {
  await using engine = await setup({ children: 1 });
  const { db, id } = engine;
  const activities = openActivities(db, priced.blocks);
  const { work } = await activities.record.begin(id, "run");
  await new MockActivityEnvironment().run(activities.nodes["PricedRemote"] as never, { ...work[0], executionId: id });
  expect(await countNodes(db, id)).toMatchObject({
    "d1 COMPLETED": 1,
    "d2 FAILED": 1,
    "d3 FAILED": 1,
    "e COMPLETED": 1,
  });
  const { rows } = await db.pool.query(
    `select detached_executions, (select count(*)::int from executions where origin_execution_id = $1) as started,
       (select count(*)::int from node_executions where host_id is not null) as hosted from executions where id = $1`,
    [id],
  );
  expect(rows).toEqual([{ detached_executions: 1, started: 1, hosted: 3 }]);
  expect(await faultsOf(db)).toEqual([]);
});

test("what a step keeps in memory for the one after it is what the record says", async () => {
  await using engine = await setup();
  const { db, id, catalog } = engine;
  const definitions = createDefinitions(db, catalog);
  const advance = createAdvance({ db, blocks, definitions, wake: () => undefined });
  const head = await readHead(db, id);
  const { work } = await advance.begin(head as Head, "run");
  const [first] = work;
  let host: Host = { hostId: null, take: () => createRunningNodes().register(first?.id as never, [id]), state: null };
  let next = first?.id as never;
  await startNodes(db, id, [{ id: next, hostId: null }]);
  const detachedExecutions: number[] = [];
  for (let hops = 0; hops < 3; hops++) {
    const ended = { attempt: 1, status: "COMPLETED", endReason: "finished", error: null, used: {} } as const;
    const result = { kind: "finished", id: next, emissions: [{ pin: "out", value: hops }], ...ended } as const;
    const { runOn } = await advance.record(id, result, host);
    const { asked, ...kept } = runOn?.state ?? { asked: [] };
    next = asked[0]?.id as never;
    const read = await readState(db, id, {
      ...{ nodeIds: chain.nodes.map((one) => one.id), staticNodeIds: [], unorderedNodeIds: [], asked: [next] },
      ...{ inlineLimit: 9, childWindow: 9, failingMapIds: [], outputBlockIds: [], exact: false },
    });
    expect({ ...kept, asked: [{ ...asked[0], queuedSeq: read?.asked[0]?.queuedSeq }] }).toEqual(read);
    detachedExecutions.push(read?.detachedExecutions ?? 0);
    host = { ...host, state: runOn?.state ?? null };
  }
  expect(detachedExecutions).toEqual([1, 2, 3]);
});
