import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { createAdvance, type RunOn } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, list, object, optional, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { startNodes, type NodeStart } from "../../db/nodes";
import { readHead } from "../../db/state";
import type { JsonObject } from "../../graph/json";
import type { Work } from "../../workflows/messages";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { mix, mixedGraphs } from "../unit/graph/mixed-graphs";
import { runPlainly, type PlainGraph } from "../unit/graph/plain";

/** A remote block: each node execution takes a step for its start and one for its result, and what waits is read anew for each. */
const block: RemoteBlock = {
  definition: define({
    ...{ id: randomUUID(), name: "Mix", description: "", placement: "remote" },
    inputSchema: pins({
      ...{ a: optional(any, null, ""), b: optional(any, null, ""), id: optional(any, null, "") },
      ...{ l: optional(list, [], ""), o: optional(object, {}, "") },
    }),
    outputSchema: pins({ out: emitted(any, ""), list: emitted(list, ""), map: emitted(object, "") }),
  }),
  run: () => Promise.reject(new Error("the test runs it")),
};

const { signal } = new AbortController();
const slot = { signal, givenUp: signal, release: () => undefined };

async function setup() {
  const db = connect((await testDatabase()).url, { max: 3 });
  const blocks = createRegistry([block]);
  const catalog = catalogOf(blocks);
  const advance = createAdvance({ db, blocks, definitions: createDefinitions(db, catalog), wake: () => undefined });

  /**
   * One node execution after the other, the oldest first; answers what the record holds, by node. `runsOn`: a node that follows
   * alone is started with the result of the one before it, and its result is recorded on the state that this has left.
   */
  async function run({ nodes, links, masks }: PlainGraph, runsOn = false) {
    let carried = 0;
    let runOn: RunOn | null = null;
    const placed = nodes.map((node) => ({ ...node, blockId: block.definition.id }));
    const id = await startGraph(db, await saveGraph(db, { name: "random", nodes: placed, links }, catalog), { masks });
    const head = await readHead(db, id);
    if (!head) throw new Error("it is not there");
    let answer = await advance.begin(head, "run");
    while (answer.state === "live") {
      const [next, ...others]: readonly Work[] = runOn ? [runOn.work] : (await advance.outstanding(id, [])).work;
      if (!next) throw new Error("live, and nothing to do");
      const started: NodeStart | undefined =
        runOn?.started ?? (await startNodes(db, id, [{ id: next.id, hostId: null }]))[0];
      if (started?.because !== null) throw new Error(`not started: ${started?.because}`);
      const { attempt, inputs } = started;
      const result = { kind: "finished", id: next.id, attempt, status: "COMPLETED", endReason: "finished" } as const;
      // Beside others it would overtake them, and between different nodes the interpreter knows one order only.
      const host =
        runsOn && others.length === 0 ? { hostId: null, take: () => slot, state: runOn?.state ?? null } : undefined;
      if (host?.state) carried += 1;
      ({ answer, runOn } = await advance.record(id, { ...result, emissions: mix(inputs), error: null }, host));
    }
    const { rows } = await db.pool.query<{ nodeId: string; status: string; inputs: JsonObject }>(
      `select node_id as "nodeId", status, inputs from node_executions where execution_id = $1 order by queued_seq, seq`,
      [id],
    );
    const byNode = (status: string): Record<string, JsonObject[]> => {
      const found = (nodeId: string) => rows.filter((row) => row.nodeId === nodeId && row.status === status);
      return Object.fromEntries(nodes.map((node) => [node.id, found(node.id).map(({ inputs }) => inputs)]));
    };
    return { answer, ran: byNode("COMPLETED"), left: byNode("TERMINATED"), rows: rows.length, carried };
  }
  return { db, run, [Symbol.asyncDispose]: () => db.close() };
}

/** Five in a row, which any run-on carries from one to the next; random graphs mostly branch. */
const chain: PlainGraph = {
  nodes: ["first", "b", "c", "d", "e"].map((id) => ({ id, blockId: "", constants: { id } })),
  links: ["first", "b", "c", "d"].map((sourceId, i) => ({
    ...{ sourceId, sourceName: "out", sinkId: ["b", "c", "d", "e"][i] ?? "", sinkName: "a", isStatic: false },
  })),
  ...{ masks: {}, lists: ["l"], objects: ["o"] },
};

test.each([
  ["that is read anew for each step", false],
  ["whose nodes run on, each planned on what the one before it has left", true],
])("an execution %s runs any graph as the plain interpreter does", async (_how, runsOn) => {
  await using bundle = await setup();
  let carried = 0;
  await fc.assert(
    fc.asyncProperty(mixedGraphs, async (graph) => {
      const plain = runPlainly(graph, (_, inputs) => mix(inputs), 40);
      fc.pre(plain !== null && Object.values(plain.ran).flat().length > 4);
      const { ran, left } = plain;
      const recorded = await bundle.run(graph, runsOn);
      carried += recorded.carried;
      expect(recorded.answer).toMatchObject({ state: "ended", status: "COMPLETED" });
      expect(recorded.ran).toEqual(ran);
      expect(recorded.left).toEqual(left);
      expect(recorded.rows).toBe([...Object.values(ran), ...Object.values(left)].flat().length);
    }),
    { numRuns: 15, examples: [[chain]] },
  );
  expect(await faultsOf(bundle.db)).toEqual([]);
  expect(carried > 0).toBe(runsOn);
});
