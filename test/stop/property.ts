import fc from "fast-check";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readStop } from "../../db/stops";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { graphOf, shapes, stopPoints } from "./random-trees";
import { createSimulatedBlock, simulate } from "./simulation";

const proven = { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 };

/** The invariants of a stop, in trees and at moments that fast-check picks. Throws the smallest case it knows. */
export async function checkStops(options: { readonly numRuns: number; readonly seed?: number }): Promise<void> {
  const { url } = await testDatabase();
  const databases = [connect(url, { max: 6 }), connect(url, { max: 6 })] as const;
  const [db] = databases;
  const simulated = createSimulatedBlock();
  const blocks = catalogOf(createRegistry([simulated.block]));
  const property = fc.asyncProperty(
    shapes,
    stopPoints,
    fc.infiniteStream(fc.nat({ max: 2 ** 30 })),
    async (shape, points, numbers) => {
      await db.pool.query(
        "truncate trees, executions, node_executions, outputs, event_rows, stops, fences, outbox cascade",
      );
      const root = await startGraph(db, await saveGraph(db, graphOf(shape, simulated), blocks));
      const choose = (below: number) => (numbers.next().value ?? 0) % below;
      const { stopIds } = await simulate(databases, simulated, root, points, choose);
      for (const id of stopIds)
        expect(await readStop(db, ownerId, id)).toMatchObject({ status: "CLOSED", proof: proven });
      const { rows } = await db.pool.query("select id, status from executions where ended_at is null");
      expect(rows).toEqual([]);
      expect(await faultsOf(db)).toEqual([]);
    },
  );
  try {
    await fc.assert(property, { ...options, endOnFailure: true });
  } finally {
    for (const one of databases) await one.close();
  }
}
