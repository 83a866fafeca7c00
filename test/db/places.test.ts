import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { admitRoots } from "../../db/places";
import type { NewTree } from "../../db/start";
import type { ExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { draft, node } from "../unit/graph/fixtures";

async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  const note = () => saveGraph(db, draft([node("keep", "StoreValue", { input: 1 })], []));
  const [graph, other] = [await note(), await note()];
  const queue = (more: Partial<NewTree> = {}, of = graph) => startGraph(db, of, { awaitsAdmission: true, ...more });
  async function started(): Promise<ExecutionId[]> {
    const { rows } = await db.pool.query<{ id: ExecutionId }>("select subject_id as id from outbox order by outbox.id");
    return rows.map(({ id }) => id);
  }
  const position = async (id: ExecutionId) => (await readExecution(db, ownerId, id, []))?.queuePosition;
  const end = (id: ExecutionId) =>
    db.pool.query(
      "update executions set status = 'TERMINATED', end_reason = 'stopped', ended_at = now(), ended_seq = 9 where id = $1",
      [id],
    );
  return { db, other, queue, started, position, end, [Symbol.asyncDispose]: () => db.close() };
}

test("roots are admitted in the order of their priority and arrival, as far as there are places", async () => {
  await using places = await setup();
  const [first, second] = [await places.queue(), await places.queue()];
  const urgent = await places.queue({ priority: 1 });
  expect(await Promise.all([urgent, first, second].map(places.position))).toEqual([1, 2, 3]);
  expect(await admitRoots(places.db, { perOwner: 2, perGraph: null })).toBe(2);
  expect(await places.started()).toEqual([urgent, first]);
  expect(await Promise.all([urgent, first, second].map(places.position))).toEqual([0, 0, 1]);
  expect(await admitRoots(places.db, { perOwner: 2, perGraph: null })).toBe(0);
  await places.end(first);
  expect(await admitRoots(places.db, { perOwner: 2, perGraph: null })).toBe(1);
  expect(await places.started()).toEqual([urgent, first, second]);
});

test("a graph that is full holds back neither other graphs nor other owners", async () => {
  await using places = await setup();
  const [first, , third] = [await places.queue(), await places.queue(), await places.queue({}, places.other)];
  const stranger = await places.queue({ ownerId: "bob" });
  expect(await admitRoots(places.db, { perOwner: null, perGraph: 1 })).toBe(3);
  expect((await places.started()).toSorted()).toEqual([first, third, stranger].toSorted());
});

test("where the limit was lifted all that wait are admitted, but for those that were stopped meanwhile", async () => {
  await using places = await setup();
  const [first, stopped, third] = [await places.queue(), await places.queue(), await places.queue()];
  await places.end(stopped);
  expect(await admitRoots(places.db, { perOwner: null, perGraph: null })).toBe(2);
  expect(await places.started()).toEqual([first, third]);
});

test("dispatchers that admit together never pass the limit", async () => {
  await using places = await setup();
  for (let count = 0; count < 12; count++) await places.queue();
  const rounds = Array.from({ length: 4 }, () => admitRoots(places.db, { perOwner: 5, perGraph: null }));
  const admitted = (await Promise.all(rounds)).reduce((sum, count) => sum + count, 0);
  expect(admitted).toBe(5);
  expect(await places.started()).toHaveLength(5);
});
