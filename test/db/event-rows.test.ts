import { connect } from "../../db/client";
import { readEvents } from "../../db/events";
import { commitStep, type EventRow } from "../../db/step";
import { testDatabase } from "../support/database";
import { begin, beginWithChildren, newNodeId, saveGraph, startGraph } from "../support/factory";
import { draft, node } from "../unit/graph/fixtures";

/** A root whose first step has written `events` after its own two, some of them of a nested graph. */
async function setup(more: (child: EventRow["executionId"]) => readonly EventRow[]) {
  const { url } = await testDatabase();
  const db = connect(url, { max: 2 });
  const graph = await saveGraph(db, draft([node("n", "StoreValue", { input: 1 })], []));
  const rootId = await startGraph(db, graph);
  const { unit, ids } = beginWithChildren(rootId, graph, 1);
  const child = ids[0];
  if (!child) throw new Error("no nested graph");
  const events = [...unit.events, ...more(child)];
  expect(await commitStep(db, rootId, [{ ...unit, events }])).toEqual([null]);
  const page = (after: number, limit: number, filter = {}) =>
    readEvents(db, { rootId, within: null, after, limit, ...filter });
  return { db, rootId, child, written: events, page, [Symbol.asyncDispose]: () => db.close() };
}

const odd = { text: 'quotes " and \\, a line\nbreak, \u0000, \ud800, $large:[1]', list: [null, {}] };

/** Long and short ones by turns, of two executions, with and without a node and data. */
function mixed(child: EventRow["executionId"], rootId = child): EventRow[] {
  return Array.from({ length: 100 }, (_, index) => ({
    type: index % 3 === 0 ? "node.output" : "node.started",
    executionId: index % 2 === 0 ? child : rootId,
    ...(index % 5 === 0 ? {} : { nodeExecutionId: newNodeId() }),
    ...(index % 7 === 0 ? {} : { data: { index, ...odd, pad: "x".repeat(index * 9) } }),
  }));
}

const plain = (events: readonly EventRow[], firstSeq: number) =>
  events.map(({ type, executionId, nodeExecutionId = null, data = {} }, index) => ({
    seq: firstSeq + index,
    type,
    executionId,
    nodeExecutionId,
    data,
  }));

describe("events of one step", () => {
  test("come back one by one as they were written, though they share rows", async () => {
    await using bundle = await setup((child) => mixed(child));
    const { rows } = await bundle.db.pool.query<{ rows: number; events: number }>(
      "select (select count(*)::int from event_rows) as rows, (select count(*)::int from events) as events",
    );
    expect(rows).toEqual([{ rows: 1 + Math.ceil(bundle.written.length / 13), events: 1 + bundle.written.length }]);
    const read = (await bundle.page(1, 1_000))?.events ?? [];
    expect(read.map(({ at: _at, rootId: _root, ...event }) => event)).toEqual(plain(bundle.written, 2));
  });

  test("are paged from any number on, whatever row holds it", async () => {
    await using bundle = await setup((child) => mixed(child));
    const all = (await bundle.page(0, 1_000))?.events ?? [];
    for (const limit of [1, 7, 50]) {
      for (const after of [0, 1, 2, 3, 11, 40, 99, all.length - 1]) {
        const page = await bundle.page(after, limit);
        expect(page?.events).toEqual(all.slice(after, after + limit));
        expect(page?.lastSeq).toBe(Math.min(after + limit, all.length));
      }
    }
  });

  test("are told apart by execution and type inside a row", async () => {
    await using bundle = await setup((child) => mixed(child));
    const all = (await bundle.page(0, 1_000))?.events ?? [];
    const ofChild = await bundle.page(0, 1_000, { within: bundle.child });
    expect(ofChild?.events).toEqual(all.filter(({ executionId }) => executionId === bundle.child));
    const values = await bundle.page(5, 3, { lifecycle: false });
    expect(values?.events).toEqual(all.filter(({ seq, type }) => seq > 5 && type === "node.output").slice(0, 3));
  });

  test("of a refused unit are not written, those of the others are numbered without a gap", async () => {
    await using bundle = await setup(() => []);
    const { rootId, child } = bundle;
    const refused = { ...begin(rootId), version: 7, events: mixed(rootId) };
    const unit = { ...begin(child), events: mixed(child) };
    expect(await commitStep(bundle.db, rootId, [refused, unit])).toEqual(["version", null]);
    const read = (await bundle.page(1 + bundle.written.length, 1_000))?.events ?? [];
    expect(read.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => 2 + bundle.written.length + i));
  });
});
