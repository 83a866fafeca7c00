import { reached, ask, closed, expectGone } from "./receipt";
import { until } from "../support/wait";
import { openStage, type Stage } from "./kills";

/** All that a late worker could change: what is recorded of executions, nodes and their outputs. */
async function work({ db }: Stage): Promise<unknown[]> {
  const all = ["executions", "node_executions", "outputs"].map((table) =>
    db.pool.query(`select to_json(t) as row from ${table} t order by t::text`),
  );
  return (await Promise.all(all)).map(({ rows }) => rows);
}

const reasons = ["node stopped by a fence", "a late result is not recorded", "gave up nodes that the record has ended"];

test("a worker that stood still across the deadline commits, starts and sends nothing when it goes on, and says why", async () => {
  await using stage = await openStage();
  const { server, db } = stage;
  const late = await stage.runWorker();
  const root = await stage.startHeld();
  await stage.replaceWorker();
  late.signal("SIGSTOP");
  const { id } = await ask(stage, root, { deadlineMs: 1_000 });
  await reached(db, id, "QUIESCED", "CLOSED");
  const before = await work(stage);

  server.open(); // its answers are there when it goes on
  late.signal("SIGCONT");
  const said = () => late.log().filter((line) => reasons.some((reason) => line.includes(reason)));
  await until(said, (lines) => lines.length > 0);
  const stop = await closed(db, id);
  await expectGone(stage, root, stop);
  expect(stop.counts.aborted + stop.counts.abandoned).toBe(2);
  expect(await work(stage)).toEqual(before);
  expect(server.counts).toEqual({ "/held": 2 });
}, 120_000);
