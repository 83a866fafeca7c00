import { connect } from "../../db/client";
import { closeStop, readStop, settleBatch, settleFenced } from "../../db/stops";
import { testDatabase } from "../support/database";
import { fence, ownerId } from "../support/factory";
import { countLive, faultsOf } from "../support/record";
import { recordWideTree } from "../stop/wide-trees";

test("12,000 children with a queued node each are fenced by one statement and swept in batches", async () => {
  const { url } = await testDatabase();
  await using db = Object.assign(connect(url, { max: 4 }), {
    [Symbol.asyncDispose]: () => db.close(),
  });
  const root = await recordWideTree(db, 12_000, 1);
  const { stopId } = await fence(db, root);
  const { rows } = await db.pool.query("select seq - (select seq from fences) as after from trees");
  expect(rows).toEqual([{ after: "0" }]); // the fence itself writes nothing of the tree

  let batches = 0;
  for (let quiesced = false; !quiesced; batches++) {
    const settled = await settleFenced(db, stopId, []);
    expect(settled.swept).toBeLessThanOrEqual(2 * settleBatch);
    ({ quiesced } = settled);
  }
  expect(batches).toBeGreaterThanOrEqual(24_000 / settleBatch);
  expect(await countLive(db, root)).toBe(0);
  await closeStop(db, stopId);
  expect(await readStop(db, ownerId, stopId)).toMatchObject({
    status: "CLOSED",
    outcome: "stopped",
    counts: { executions: 12_001, swept: 24_000, aborted: 0, abandoned: 0, alreadyEnded: 0 },
    proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
  });
  expect(await faultsOf(db)).toEqual([]);
}, 120_000);
