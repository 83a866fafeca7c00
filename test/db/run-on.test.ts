import { randomUUID } from "node:crypto";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import { takenOver } from "../../activities/result";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { startNodes } from "../../db/nodes";
import { readHead } from "../../db/state";
import type { NodeExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";

const block: RemoteBlock = {
  definition: define({
    ...{ id: randomUUID(), name: "Step", description: "", placement: "remote" },
    inputSchema: pins({ in: optional(any, null, "") }),
    outputSchema: pins({ out: emitted(any, "") }),
  }),
  run: () => Promise.reject(new Error("the test runs it")),
};
const catalog = catalogOf(createRegistry([block]));
const { signal } = new AbortController();
const slot = { signal, givenUp: signal, release: () => undefined };

/** The steps of a worker process, and a graph of remote nodes with these links, begun. */
async function setup(nodeIds: readonly string[], links: readonly (readonly [string, string])[]) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const nodes = nodeIds.map((id) => ({ id, blockId: block.definition.id, constants: {} }));
  const graph = await saveGraph(
    db,
    {
      name: "steps",
      nodes,
      links: links.map(([sourceId, sinkId]) => ({
        sourceId,
        sourceName: "out",
        sinkId,
        sinkName: "in",
        isStatic: false,
      })),
    },
    catalog,
  );
  const id = await startGraph(db, graph);
  const advance = createAdvance({
    ...{ db, blocks: createRegistry([block]), wake: () => undefined },
    definitions: createDefinitions(db, catalog),
  });
  const head = await readHead(db, id);
  if (!head) throw new Error("it is not there");
  const { work } = await advance.begin(head, "run");
  const ids = work.map((one) => one.id);
  await startNodes(
    db,
    id,
    ids.map((node) => ({ id: node, hostId: null })),
  );
  return { db, id, ids, advance, [Symbol.asyncDispose]: () => db.close() };
}

const completed = (id: NodeExecutionId) => takenOver(id, 1, [{ pin: "out", value: 1 }]);

test("all that one activity goes on with is that activity's: nobody else is asked to run it", async () => {
  await using bundle = await setup(
    ["a", "b", "c"],
    [
      ["a", "b"],
      ["b", "c"],
    ],
  );
  const { id, db, advance } = bundle;
  const [host] = bundle.ids;
  if (!host) throw new Error("nothing begun");
  const first = await advance.record(id, completed(host), { hostId: null, take: () => slot, state: null });
  if (!first.runOn) throw new Error("b is not gone on with");
  expect((await advance.outstanding(id, [host])).work).toEqual([]);
  const { work, state } = first.runOn;
  const second = await advance.record(id, completed(work.id), { hostId: host, take: () => slot, state });
  expect(second.runOn).not.toBeNull();
  expect((await advance.outstanding(id, [host])).work).toEqual([]);
  const { rows } = await db.pool.query("select host_id from node_executions order by seq");
  expect(rows).toEqual([{ host_id: null }, { host_id: host }, { host_id: host }]);
  expect(await faultsOf(db)).toEqual([]);
});
