import { connect } from "../../db/client";
import { closeStop, readStop, settleBatch, settleFenced } from "../../db/stops";
import { testDatabase } from "../support/database";
import { fence, ownerId } from "../support/factory";
import { countLive, faultsOf } from "../support/record";
import { recordWideTree } from "../stop/wide-trees";

/** In full, with 12,000: test/soak/stop.test.ts. */
test("thousands of children with a queued node each are fenced by one statement and swept in batches", async () => {
  const { url } = await testDatabase();
  await using db = Object.assign(connect(url, { max: 4 }), {
    [Symbol.asyncDispose]: () => db.close(),
  });
  const children = 3_000;
  const root = await recordWideTree(db, children, 1);
  const { stopId } = await fence(db, root);
  const { rows } = await db.pool.query("select seq - (select seq from fences) as after from trees");
  expect(rows).toEqual([{ after: "0" }]); // the fence itself writes nothing of the tree

  let batches = 0;
  for (let quiesced = false; !quiesced; batches++) {
    const settled = await settleFenced(db, stopId, []);
    expect(settled.swept).toBeLessThanOrEqual(2 * settleBatch);
    ({ quiesced } = settled);
  }
  expect(batches).toBeGreaterThanOrEqual((2 * children) / settleBatch);
  expect(await countLive(db, root)).toBe(0);
  await closeStop(db, stopId);
  expect(await readStop(db, ownerId, stopId)).toMatchObject({
    status: "CLOSED",
    outcome: "stopped",
    counts: { executions: children + 1, swept: 2 * children, aborted: 0, abandoned: 0, alreadyEnded: 0 },
    proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
  });
  expect(await faultsOf(db)).toEqual([]);
});
