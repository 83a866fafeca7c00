import { randomUUID } from "node:crypto";
import { startGraph } from "../support/factory";
import { createGate } from "../support/gate";
import { until } from "../support/wait";
import { drawOffsets, stopDuringBirth } from "./births";
import { place, visitsOf } from "./blocks";
import { ask, closed, expectGone } from "./receipt";
import { shareEngine } from "../support/shared-engine";
import { recursion, treeOf } from "./trees";

describe("a stop that races", () => {
  const gate = createGate();
  const engineOf = shareEngine({ blocks: [gate.block] });

  function setup() {
    const engine = engineOf();
    const tag = randomUUID();
    return { engine, db: engine.db, hold: place("hold", gate, { in: tag }), ...visitsOf(gate, tag) };
  }

  test("a fork bomb leaves nothing of it, and nothing is born after the fence", async () => {
    const { engine, db } = setup();
    // Each starts two of itself; the depth it may reach is out of its reach.
    const root = await startGraph(db, await engine.save(recursion(2)), { limits: { depth: 1_000 } });
    await engine.dispatcher.startNow(root);
    const countAll = async () =>
      (await db.pool.query("select 1 from executions where root_id = $1", [root])).rowCount ?? 0;
    await until(countAll, (count) => count > 30);
    const { id } = await ask(engine, root);
    const atFence = await countAll();
    const stop = await closed(db, id);
    await expectGone(engine, root, stop);
    expect(await countAll()).toBe(atFence);
    const { rows } = await db.pool.query(
      `select count(*)::int as born from executions e join fences f on f.root_id = e.root_id where e.root_id = $1 and e.created_seq > f.seq`,
      [root],
    );
    expect(rows).toEqual([{ born: 0 }]);
  });

  test("the birth of a tree of 1 + 10 + 100, at any moment of it, leaves nothing of it", async () => {
    const { engine, hold, inside } = setup();
    const graph = await engine.save(treeOf([10, 10], [hold]));
    const sizes: number[] = [];
    for (const offset of drawOffsets(6, 1_500, 4)) {
      const { stop } = await stopDuringBirth(engine, graph, offset);
      sizes.push(stop.counts.executions);
    }
    expect(inside()).toBe(0);
    // The moments were not all before the first child, nor all after the last.
    expect(Math.min(...sizes)).toBeLessThan(111);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });

  test("the end of node code, result by result, keeps what came before the fence and nothing after it", async () => {
    const { engine, db, hold, inside } = setup();
    const root = await engine.start(await engine.save(treeOf([8], [hold])));
    await until(inside, (count) => count === 8);
    gate.letGo(4);
    const { id } = await ask(engine, root);
    gate.letGo(4);
    const stop = await closed(db, id);
    await expectGone(engine, root, stop);
    const { rows } = await db.pool.query(
      `select n.status, n.ended_seq < f.seq as before, count(*)::int from node_executions n join fences f on f.root_id = n.root_id
        where n.root_id = $1 and n.node_id = 'hold' group by 1, 2`,
      [root],
    );
    for (const row of rows) expect(row).toMatchObject(row.before ? { status: "COMPLETED" } : { status: "TERMINATED" });
  });
});
