import { claimOutbox, deleteOutbox, deleteStarts, readStartFacts, requeueLiveRoots } from "../../db/outbox";
import { commitStep } from "../../db/step";
import { settleFenced } from "../../db/stops";
import { begin, beginWithChildren, fence, newExecutionId, startGraph, unit } from "../support/factory";
import { testTree } from "../support/tree";

/** A QUEUED root whose start is due. */
async function setup() {
  const tree = await testTree();
  const dueNow = () => tree.db.pool.query("update outbox set due_at = now()");
  await dueNow();
  return { ...tree, dueNow };
}

describe("the outbox", () => {
  test("gives a start to the caller that recorded it first: it is due a little later", async () => {
    await using tree = await testTree();
    expect(await claimOutbox(tree.db, 10, 1_000)).toEqual([]);
    await tree.db.pool.query("update outbox set due_at = due_at - interval '3 seconds'");
    expect(await claimOutbox(tree.db, 10, 1_000)).toMatchObject([{ kind: "start", subjectId: tree.root, attempts: 1 }]);
  });

  test("gives a row to one dispatcher at a time, and again when that has died", async () => {
    await using tree = await setup();
    for (let i = 0; i < 9; i++) await startGraph(tree.db, tree.graph);
    await tree.dueNow();
    const claims = await Promise.all(Array.from({ length: 4 }, () => claimOutbox(tree.db, 5, 60_000)));
    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(await claimOutbox(tree.db, 10, 60_000)).toEqual([]);
    await tree.dueNow();
    const again = await claimOutbox(tree.db, 10, 60_000);
    expect(again.map(({ attempts }) => attempts)).toEqual(Array.from({ length: 10 }, () => 2));
  });

  test("is answered the oldest first, and forgets what is done", async () => {
    await using tree = await setup();
    const later = await startGraph(tree.db, tree.graph);
    await tree.dueNow();
    const [first, second] = await claimOutbox(tree.db, 10, 0);
    expect([first?.subjectId, second?.subjectId]).toEqual([tree.root, later]);
    await deleteOutbox(tree.db, [first?.id ?? 0]);
    await deleteStarts(tree.db, [later]);
    expect((await tree.db.pool.query("select 1 from outbox")).rowCount).toBe(0);
  });

  test("carries pokes and stops in the order they were decided", async () => {
    await using tree = await setup();
    await deleteStarts(tree.db, [tree.root]);
    await commitStep(tree.db, tree.root, [begin(tree.root)]);
    await commitStep(tree.db, tree.root, [unit(tree.root, 1, { pokes: [tree.root] })]);
    const { stopId } = await fence(tree.db, tree.root);
    await tree.dueNow();
    expect(await claimOutbox(tree.db, 10, 1_000)).toMatchObject([
      { kind: "poke", subjectId: tree.root },
      { kind: "stop", subjectId: stopId },
    ]);
  });

  test("knows what the Web UI is told of a start, unless that has ended", async () => {
    await using tree = await setup();
    expect(await readStartFacts(tree.db, tree.root)).toEqual({
      rootId: tree.root,
      graphId: tree.graph.id,
      graphName: "test",
    });
    expect(await readStartFacts(tree.db, newExecutionId())).toBeNull();
    const { stopId } = await fence(tree.db, tree.root);
    await settleFenced(tree.db, stopId, []);
    expect(await readStartFacts(tree.db, tree.root)).toBeNull();
  });

  test("begins every live root and every open stop again, each once, and nothing else", async () => {
    await using tree = await setup();
    const stopped = await startGraph(tree.db, tree.graph);
    const { stopId } = await fence(tree.db, stopped);
    await settleFenced(tree.db, stopId, []);
    await commitStep(tree.db, tree.root, [beginWithChildren(tree.root, tree.graph, 2).unit]);
    const queued = await startGraph(tree.db, tree.graph); // its own row is still there
    await tree.db.pool.query("delete from outbox where subject_id <> $1", [queued]);
    expect(await requeueLiveRoots(tree.db)).toBe(1);
    expect(await requeueLiveRoots(tree.db)).toBe(0);
    const { rows } = await tree.db.pool.query("select kind, subject_id as id from outbox order by id");
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(
      expect.arrayContaining([
        { kind: "start", id: queued },
        { kind: "start", id: tree.root },
        { kind: "stop", id: stopId },
      ]),
    );
  });
});
