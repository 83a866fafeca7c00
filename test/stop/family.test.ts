import { randomUUID } from "node:crypto";
import type { GraphDraft } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import { openActivities } from "../support/run";
import { startGraph } from "../support/factory";
import { createGate } from "../support/gate";
import { countNodes, readAll } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";
import { place, visitsOf } from "./blocks";
import { ask, beginLate, closed, expectGone, expectProven } from "./receipt";
import { shareEngine } from "../support/shared-engine";
import { recursion, treeOf } from "./trees";

describe("a stop of a tree", () => {
  const gate = createGate();
  const engineOf = shareEngine({ blocks: [gate.block] });

  /** `graph` is made of a node that is held in each leaf. */
  async function setup() {
    const engine = engineOf();
    const tag = randomUUID();
    const hold = place("hold", gate, { in: tag });
    const { db } = engine;
    const visits = visitsOf(gate, tag);
    /** Runs it until so many of its nodes are held. */
    async function run(graph: GraphDraft, held: number, limits = {}) {
      const root = await startGraph(db, await engine.save(graph), { limits });
      await engine.dispatcher.startNow(root);
      await until(visits.inside, (inside) => inside === held);
      return root;
    }
    const relations = async (root: ExecutionId) => {
      const { rows } = await db.pool.query<{ id: ExecutionId; parentId: ExecutionId | null; depth: number }>(
        `select e.id, e.parent_id as "parentId", e.parent_node_execution_id as "nodeId", e.ancestors::text, e.depth, n.child_execution_id as "childId"
           from executions e left join node_executions n on n.id = e.parent_node_execution_id where e.root_id = $1 order by e.depth, e.id`,
        [root],
      );
      return rows;
    };
    const ends = async (root: ExecutionId) => {
      const { rows } = await db.pool.query(
        "select depth, status, end_reason as reason, count(*)::int from executions where root_id = $1 group by 1, 2, 3 order by 1",
        [root],
      );
      return rows;
    };
    return { ...visits, engine, db, tag, hold, run, relations, ends };
  }

  test("goes by the relation of parent and child that the record keeps, and keeps it", async () => {
    const { engine, hold, run, relations } = await setup();
    const root = await run(treeOf([2, 1], [hold]), 2);
    const before = await relations(root);
    expect(before.map(({ depth }) => depth)).toEqual([0, 1, 1, 2, 2]);
    for (const row of before.slice(1)) {
      expect(row).toMatchObject({ childId: row.id, parentId: expect.any(String), nodeId: expect.any(String) });
      const parent = before.find(({ id }) => id === row.parentId);
      expect(parent?.depth).toBe(row.depth - 1);
    }
    await expectGone(engine, root, await engine.stop(root));
    expect(await relations(root)).toEqual(before);
  });

  test("reaches all children, running ones and their running nodes, and ends the target last", async () => {
    const { engine, db, hold, run, ends, aborted } = await setup();
    const root = await run(treeOf([4], [hold]), 4);
    const stop = await engine.stop(root);
    await expectGone(engine, root, stop);
    expect(stop.counts).toMatchObject({ executions: 5, aborted: 4, alreadyEnded: 0 });
    expect(aborted()).toBe(4);
    expect(await ends(root)).toEqual([
      { depth: 0, status: "TERMINATED", reason: "stopped", count: 1 },
      { depth: 1, status: "TERMINATED", reason: "parent_stopped", count: 4 },
    ]);
    const { rows } = await db.pool.query(
      "select max(ended_seq) filter (where depth = 0) > max(ended_seq) filter (where depth > 0) as last from executions where root_id = $1",
      [root],
    );
    expect(rows).toEqual([{ last: true }]);
  });

  test("reaches children that are QUEUED: their workflows, when they come, do nothing", async () => {
    const { engine, db, hold, inside, ends } = await setup();
    const root = await startGraph(db, await engine.save(treeOf([3], [hold])));
    // The root's step is made here, so that no workflow has begun the children it admits.
    await openActivities(db, [gate.block]).record.begin(root, "a run");
    expect(await ends(root)).toEqual([
      { depth: 0, status: "RUNNING", reason: null, count: 1 },
      { depth: 1, status: "QUEUED", reason: null, count: 3 },
    ]);
    const { rows } = await db.pool.query<{ id: ExecutionId }>("select id from executions where root_id = $1", [root]);
    const stop = await engine.stop(root);
    await expectGone(engine, root, stop);
    expect(stop.counts).toMatchObject({ executions: 4, swept: 3, aborted: 0 });
    for (const { id } of rows)
      expect(await beginLate(engine, id)).toEqual({ status: "TERMINATED", endReason: expect.any(String) });
    expect(await ends(root)).toMatchObject([{ status: "TERMINATED" }, { depth: 1, status: "TERMINATED", count: 3 }]);
    expect(inside()).toBe(0);
  });

  test("of more children than are admitted at a time makes none of the others", async () => {
    const { engine, db, hold, run } = await setup();
    const root = await run(treeOf([130], [hold]), 100);
    expect(await countNodes(db, root)).toMatchObject({ "run RUNNING": 100, "run QUEUED": 30 });
    const stop = await engine.stop(root);
    await expectGone(engine, root, stop);
    expect(stop.counts).toMatchObject({ executions: 101, aborted: 100, swept: 130 });
    // Of so many only the target closes by its own cancellation.
    expect(await engine.closed(root)).toBe("CANCELLED");
    const children = (await engine.nodes(root, "run")).flatMap(({ childExecutionId }) => childExecutionId ?? []);
    expect(await engine.closed(children[0] as ExecutionId)).toBe("TERMINATED");
    expect(await countNodes(db, root)).toEqual({ "each COMPLETED": 1, "run TERMINATED": 130 });
  });

  test("reaches every level of a chain of 64 graphs, each with a node that runs", async () => {
    const { engine, hold, run, ends } = await setup();
    const root = await run(recursion(1, [hold]), 64, { depth: 63 });
    const stop = await engine.stop(root);
    await expectGone(engine, root, stop);
    expect(stop).toMatchObject({ outcome: "stopped", counts: { executions: 64, aborted: 64 }, leftovers: [] });
    expect(await ends(root)).toEqual(
      Array.from({ length: 64 }, (_, depth) => ({
        depth,
        status: "TERMINATED",
        reason: depth === 0 ? "stopped" : "parent_stopped",
        count: 1,
      })),
    );
  });

  test("in the middle leaves its siblings to run, tells its parent, and leaves no orphan", async () => {
    const { engine, db, tag, hold, run, inside, relations } = await setup();
    const leaf = draft([hold], [], { id: "leaf" });
    const middle = draft(
      [node("a", "AgentExecutor", { graphId: "leaf" }), node("b", "AgentExecutor", { graphId: "leaf" })],
      [],
      { id: "middle" },
    );
    const why = node("why", "AgentOutput", { name: "why" });
    const graph = draft(
      [node("one", "AgentExecutor", { graphId: "middle" }), node("two", "AgentExecutor", { graphId: "middle" }), why],
      ["one.error -> why.value"],
      { subGraphs: [middle, leaf] },
    );
    const root = await run(graph, 4);
    const target = (await engine.nodes(root, "one"))[0]?.childExecutionId;
    if (!target) throw new Error("no nested graph");
    await expectProven(engine, await engine.stop(target));
    const under = (await relations(root)).filter(({ parentId, id }) => id === target || parentId === target);
    expect(under).toHaveLength(3);
    for (const { id } of under) expect(await engine.read(id)).toMatchObject({ status: "TERMINATED" });
    expect((await engine.nodes(root, "one"))[0]).toMatchObject({ status: "TERMINATED", error: { code: "stopped" } });
    expect(inside()).toBe(2);
    // Live executions whose ancestors have ended: of all that were ever run here there is none.
    const { rows } = await db.pool.query(
      "select e.id from executions e join executions a on a.id = any (e.ancestors) where e.ended_at is null and a.ended_at is not null",
    );
    expect(rows).toEqual([]);
    gate.letGo(gate.inside().lastIndexOf(tag) + 1);
    expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED", outputs: { why: [expect.any(String)] } });
    await until(
      () => engine.open(root),
      (open) => open.length === 0,
    );
  });

  test("tells what happened in order: asked, ended from below, quiet, closed, and nothing after", async () => {
    const { engine, db, hold, run } = await setup();
    const root = await run(treeOf([2, 2], [hold]), 4);
    await engine.stop(root);
    const { rows } = await db.pool.query<{ seq: number; type: string; own: boolean }>(
      "select seq::int, type, execution_id = root_id as own from events where root_id = $1 order by seq",
      [root],
    );
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    const asked = rows.findIndex(({ type }) => type === "stop.requested");
    const after = rows.slice(asked + 1);
    expect(new Set(after.map(({ type }) => type))).toEqual(
      new Set(["node.terminated", "execution.terminated", "stop.quiesced", "stop.closed"]),
    );
    expect(after.slice(-3)).toMatchObject([
      { type: "execution.terminated", own: true },
      { type: "stop.quiesced" },
      { type: "stop.closed" },
    ]);
    expect(after.filter(({ type }) => type === "execution.terminated")).toHaveLength(7);
    expect(after.filter(({ type }) => type === "node.terminated")).toHaveLength(4 + 2 + 4);
  });

  test("puts nothing back into a queue: a poke, a second start and the dispatcher find nothing to do", async () => {
    const { engine, db, hold, run } = await setup();
    const root = await run(treeOf([3], [hold]), 3);
    const { id } = await ask(engine, root);
    await closed(db, id);
    await until(
      async () => (await db.pool.query("select 1 from outbox")).rowCount,
      (count) => count === 0,
    );
    const before = await readAll(db);
    for (const kind of ["start", "poke"]) {
      await db.pool.query("insert into outbox (kind, subject_id, due_at) values ($1, $2, now())", [kind, root]);
    }
    await until(
      async () => (await db.pool.query("select 1 from outbox")).rowCount,
      (count) => count === 0,
    );
    expect(await engine.open(root)).toEqual([]);
    expect(await readAll(db)).toEqual(before);
  });
});
