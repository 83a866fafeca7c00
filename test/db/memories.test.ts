import { connect } from "../../db/client";
import { readMemory, writeMemory } from "../../db/memories";
import type { ExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { saveGraph, startGraph } from "../support/factory";
import { draft, node } from "../unit/graph/fixtures";

async function setup() {
  const db = connect((await testDatabase()).url, { max: 4 });
  const graph = async (name: string) => saveGraph(db, draft([node("n", "StoreValue", { input: 1 })], [], { name }));
  const [one, other] = [await graph("one"), await graph("other")];
  return { db, one, other, start: startGraph, [Symbol.asyncDispose]: () => db.close() };
}

const place = (executionId: ExecutionId, key: string, ofGraph = true) => ({ executionId, ofGraph, key });

test("a memory outlives its execution and is found by the next one of the same graph, not by those of others", async () => {
  await using t = await setup();
  const [first, next, foreign] = [await t.start(t.db, t.one), await t.start(t.db, t.one), await t.start(t.db, t.other)];
  await writeMemory(t.db, place(first, "a"), { b: 1 });
  await writeMemory(t.db, place(next, "a"), { b: 2 });
  expect(await readMemory(t.db, place(first, "a"))).toEqual({ b: 2 });
  expect(await readMemory(t.db, place(foreign, "a"))).toBeUndefined();
  expect(await readMemory(t.db, place(first, "a", false))).toBeUndefined();
});

test("a memory across graphs is one for each key, however many write it", async () => {
  await using t = await setup();
  const [first, foreign] = [await t.start(t.db, t.one), await t.start(t.db, t.other)];
  await Promise.all([1, 2, 3, 4].map((n) => writeMemory(t.db, place(n % 2 ? first : foreign, "a", false), n)));
  const { rows } = await t.db.pool.query("select graph_id from memories");
  expect(rows).toEqual([{ graph_id: null }]);
  expect([1, 2, 3, 4]).toContain(await readMemory(t.db, place(foreign, "a", false)));
});

test("another owner finds nothing", async () => {
  await using t = await setup();
  const [mine, theirs] = [await t.start(t.db, t.one), await t.start(t.db, t.one)];
  await t.db.pool.query("update executions set owner_id = 'bob' where id = $1", [theirs]);
  await writeMemory(t.db, place(mine, "a", false), 1);
  await writeMemory(t.db, place(mine, "a"), 1);
  expect(await readMemory(t.db, place(theirs, "a", false))).toBeUndefined();
  expect(await readMemory(t.db, place(theirs, "a"))).toBeUndefined();
});

test("values keep the order of their keys and what jsonb refuses", async () => {
  await using t = await setup();
  const id = await t.start(t.db, t.one);
  const value = { z: 1, a: "\0", "10": "\ud800" };
  await writeMemory(t.db, place(id, "a"), value);
  expect(JSON.stringify(await readMemory(t.db, place(id, "a")))).toBe(JSON.stringify(value));
  await writeMemory(t.db, place(id, "a"), null);
  expect(await readMemory(t.db, place(id, "a"))).toBeNull();
});
