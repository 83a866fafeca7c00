import { ActivityCancellationDetails } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { settleFenced } from "../../db/stops";
import { leftBehind, type Answer } from "../../workflows/messages";
import { createDeaf, place } from "../stop/blocks";
import { testDatabase } from "../support/database";
import { fence, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { openActivities } from "../support/run";
import { until } from "../support/wait";
import { draft } from "../unit/graph/fixtures";

/** The activity of a node whose code follows no signal, while that runs. */
async function setup() {
  const db = connect((await testDatabase()).url, { max: 3 });
  const deaf = createDeaf();
  const catalog = catalogOf(createRegistry([deaf.block]));
  const id = await startGraph(db, await saveGraph(db, draft([place("n", deaf, { in: 1 })], []), catalog));
  const activities = openActivities(db, [deaf.block]);
  const { work } = await activities.record.begin(id, "run");
  const environment = new MockActivityEnvironment();
  const runNode = activities.nodes["Deaf"] as (call: object) => Promise<Answer>;
  const answer = environment.run(runNode, { ...work[0], executionId: id });
  await until(deaf.count, (count) => count === 1);
  return {
    ...{ db, id, deaf, environment, answer, running: activities.running },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

test("code that a shutdown of its worker leaves behind under a fence is not called ended; the deadline gives it up", async () => {
  await using bundle = await setup();
  const { db, id, deaf, environment, answer } = bundle;
  const { stopId } = await fence(db, id, { deadlineMs: 600_000 });
  bundle.running.abort({ executionId: id, stopId });
  environment.cancel("WORKER_SHUTDOWN", new ActivityCancellationDetails({ workerShutdown: true }));
  await expect(answer).rejects.toMatchObject({ type: leftBehind, nonRetryable: true });
  expect(await settleFenced(db, stopId, [])).toMatchObject({ running: 1, quiesced: false });
  await fence(db, id, { force: true });
  expect(await settleFenced(db, stopId, [])).toMatchObject({ abandoned: 1, quiesced: true });
  expect(await faultsOf(db)).toEqual([]);
  deaf.letAllGo();
});
