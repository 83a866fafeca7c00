import fc from "fast-check";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect, type Database } from "../../db/client";
import { readStop } from "../../db/stops";
import type { ExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { graphOf, shapes, stopPoints } from "./random-trees";
import { createSimulatedBlock, simulate, type HoldPoint, type StopPoint } from "./simulation";

const lastTurn = 60;

const holdPoints: fc.Arbitrary<HoldPoint[]> = fc.array(
  fc.record({
    turn: fc.nat({ max: lastTurn - 1 }),
    target: fc.nat({ max: 30 }),
    what: fc.constantFrom("hold", "hold", "release"),
  }),
  { minLength: 1, maxLength: 8 },
);

/** What happens to whatever is still held. */
const endings = fc.constantFrom("released", "stopped");

const rootStop: StopPoint = {
  ...{ turn: lastTurn, target: 0, by: "request", cascade: true, deadlineMs: 600_000, heard: true, lag: 0 },
};
const releaseAll: HoldPoint = { turn: lastTurn, target: 0, what: "release all" };

/** How each node's executions ended and what they emitted, in a tree where only the order of branches may differ. */
async function resultOf(db: Database, root: ExecutionId): Promise<unknown> {
  const { rows } = await db.pool.query(
    `select cardinality(e.ancestors) as depth, e.status as ended, n.node_id, n.status,
        (select json_agg(o.value #>> '{}' order by o.value #>> '{}') from outputs o where o.node_execution_id = n.id and o.pin <> 'error') as values
       from executions e left join node_executions n on n.execution_id = e.id where e.root_id = $1`,
    [root],
  );
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

/**
 * Pauses, resumes and stops of random executions of random trees in random order. Nothing starts under a hold; what was only
 * held ends as the same tree left alone; a stop ends it, held or not. Throws the smallest case it knows.
 */
export async function checkHolds(options: { readonly numRuns: number; readonly seed?: number }): Promise<void> {
  const { url } = await testDatabase();
  const databases = [connect(url, { max: 6 }), connect(url, { max: 6 })] as const;
  const [db] = databases;
  const simulated = createSimulatedBlock();
  const blocks = catalogOf(createRegistry([simulated.block]));
  const stops = fc.oneof(fc.constant([]), stopPoints);
  const property = fc.asyncProperty(
    fc.record({ shape: shapes, holds: holdPoints, stops, ending: endings }),
    fc.infiniteStream(fc.nat({ max: 2 ** 30 })),
    async ({ shape, holds, stops: points, ending }, numbers) => {
      await db.pool.query(
        "truncate trees, executions, node_executions, outputs, event_rows, stops, fences, outbox cascade",
      );
      const graph = await saveGraph(db, graphOf(shape, simulated), blocks);
      const choose = (below: number) => (numbers.next().value ?? 0) % below;
      const root = await startGraph(db, graph);
      const [toStop, toHold] = ending === "stopped" ? [[...points, rootStop], holds] : [points, [...holds, releaseAll]];
      const { stopIds } = await simulate(databases, simulated, root, toStop, choose, toHold);
      for (const id of stopIds) expect(await readStop(db, ownerId, id)).toMatchObject({ status: "CLOSED" });
      const { rows: live } = await db.pool.query("select id, status from executions where ended_at is null");
      expect(live).toEqual([]);
      expect(await faultsOf(db)).toEqual([]);
      if (stopIds.length > 0 || points.length > 0) return;
      const alone = await startGraph(db, graph);
      await simulate(databases, simulated, alone, [], choose);
      expect(await resultOf(db, root)).toEqual(await resultOf(db, alone));
    },
  );
  try {
    await fc.assert(property, { ...options, endOnFailure: true, includeErrorInReport: true });
  } finally {
    for (const one of databases) await one.close();
  }
}
