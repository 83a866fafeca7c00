import fc from "fast-check";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import { catalog } from "../../blocks/catalog";
import { createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { startNodes } from "../../db/nodes";
import { readHead } from "../../db/state";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { draft, node } from "../unit/graph/fixtures";

const asked = 7;
const items = Array.from({ length: asked }, (_, index) => index);

/** One request for each item; what comes back is stored, and so counted, in the order of the items. */
const graph = draft(
  [
    node("list", "AgentInput", { name: "list" }),
    node("each", "StepThroughItems"),
    node("ask", "SendWebRequest", { url: "http://a.test" }),
    node("store", "StoreValue"),
    node("out", "AgentOutput", { name: "out" }),
  ],
  ["list.result -> each.items", "each.item -> ask.body", "ask.response -> store.input", "store.output -> out.value"],
);

function openProcess(url: string) {
  const db = connect(url, { max: 3 });
  const definitions = createDefinitions(db, catalog);
  return { db, advance: createAdvance({ db, blocks: createRegistry(), definitions, wake: () => {} }) };
}

/** Two processes on one database. */
async function setup() {
  const { url } = await testDatabase();
  const [one, other] = [openProcess(url), openProcess(url)];
  const { db, advance } = one;
  const saved = await saveGraph(db, graph);
  return {
    db,
    advances: [advance, other.advance],
    /** Begins an execution; answers it with its requests in the order of the items, all started. */
    async begin() {
      const id = await startGraph(db, saved, { inputs: { list: items } });
      const head = await readHead(db, id);
      if (!head) throw new Error("no execution");
      const { work } = await advance.begin(head, "run");
      const requests = work.map((request) => request.id);
      await startNodes(
        db,
        id,
        requests.map((request) => ({ id: request, hostId: null })),
      );
      return { id, requests };
    },
    async [Symbol.asyncDispose]() {
      await db.close();
      await other.db.close();
    },
  };
}

test("results that come in any order, from two processes at once, are delivered in the order of their nodes", async () => {
  await using bundle = await setup();
  const { db, advances, begin } = bundle;
  const order = fc.shuffledSubarray(items, { minLength: asked });
  const waves = fc.array(fc.integer({ min: 1, max: asked }), { minLength: 1, maxLength: asked });
  await fc.assert(
    fc.asyncProperty(order, waves, async (results, sizes) => {
      const { id, requests } = await begin();
      const left = [...results];
      for (let wave = 0; left.length > 0; wave++) {
        const together = left.splice(0, sizes[wave % sizes.length]);
        const records = together.map((item, index) => {
          const request = requests[item];
          const advance = advances[index % advances.length];
          if (!request || !advance) throw new Error("no request");
          const emissions = [{ pin: "response", value: item }];
          const outcome = { status: "COMPLETED", endReason: "finished", emissions, error: null } as const;
          return advance.record(id, {
            kind: "finished",
            id: request,
            attempt: 1,
            ...outcome,
          });
        });
        await Promise.all(records);
      }
      const { rows } = await db.pool.query(
        `select (select status from executions where id = $1) as status, json_agg(n.inputs -> 'value' order by n.queued_seq) as values
           from node_executions n where n.execution_id = $1 and n.node_id = 'out'`,
        [id],
      );
      expect(rows).toEqual([{ status: "COMPLETED", values: items }]);
    }),
    { numRuns: 15 },
  );
  expect(await faultsOf(db)).toEqual([]);
});
