import { createDeaf, place } from "../stop/blocks";
import { startEngine } from "../support/engine";
import { faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft } from "../unit/graph/fixtures";

/** A root with a node that runs and does not follow its signal. */
async function setup() {
  const deaf = createDeaf();
  const engine = await startEngine({ blocks: [deaf.block] });
  const root = await engine.start(await engine.save(draft([place("n", deaf, { in: 1 })], [])));
  await until(deaf.inside, (inside) => inside.length === 1);
  return { ...engine, deaf, root };
}

test("a stop whose follow-up somebody terminated is followed again, to its receipt", async () => {
  await using engine = await setup();
  const { db, client, deaf, root } = engine;
  const stopping = engine.stop(root, { deadlineMs: 10_000 });
  const openStops = async () => (await db.pool.query("select id from stops")).rows as { id: string }[];
  const [stop] = await until(openStops, (rows) => rows.length === 1);
  const describe = () =>
    client.workflow
      .getHandle(String(stop?.id))
      .describe()
      .catch(() => null);
  const first = await until(describe, (found) => found?.status.name === "RUNNING");
  const inOutbox = async () => (await db.pool.query("select 1 from outbox")).rows.length;
  await until(inOutbox, (count) => count === 0); // or the dispatcher would follow it again, and not the auditor
  await client.workflow.getHandle(String(stop?.id)).terminate("by hand");
  const again = await until(describe, (found) => found !== null && found.runId !== first?.runId);
  expect(again?.type).toBe("stop");
  expect(await stopping).toMatchObject({
    status: "CLOSED",
    outcome: "stopped_with_leftovers",
    counts: { abandoned: 1 },
  });
  const { rows } = await db.pool.query("select orphans from auditor");
  expect(rows).toEqual([{ orphans: { stop_unfollowed: 1 } }]);
  expect(await faultsOf(db)).toEqual([]);
  deaf.letGo(1);
});
