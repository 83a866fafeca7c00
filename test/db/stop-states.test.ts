import { commitStep } from "../../db/step";
import { closeStop, readStop, settleFenced } from "../../db/stops";
import type { Status } from "../../graph/status";
import { begin, beginWithNodes, fence, ownerId } from "../support/factory";
import { countLive, faultsOf } from "../support/record";
import { openActivities } from "../support/run";
import { testTree } from "../support/tree";

/** A root in this status, as a row; with one node execution once it has begun. */
async function setup(status: Status) {
  const tree = await testTree();
  const isBegun = status === "RUNNING" || status === "WAITING";
  if (isBegun) await commitStep(tree.db, tree.root, [beginWithNodes(tree.root, 1).unit]);
  if (status === "WAITING") {
    await tree.db.pool.query("update node_executions set status = 'WAITING', placement = 'wait', wake_at = now()");
    await tree.db.pool.query("update executions set waiting = 1");
  }
  await tree.db.pool.query("update executions set status = $1", [status]);
  return { ...tree, isBegun };
}

test.each(["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"] as const)(
  "a stop of an execution that is %s ends it, and it never goes on",
  async (status) => {
    await using tree = await setup(status);
    const { stopId } = await fence(tree.db, tree.root);
    expect(await commitStep(tree.db, tree.root, [begin(tree.root)])).toEqual([tree.isBegun ? "version" : "fenced"]);
    expect(await settleFenced(tree.db, stopId, [])).toMatchObject({ quiesced: true });
    expect(await countLive(tree.db, tree.root)).toBe(0);
    await closeStop(tree.db, stopId);
    expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({
      outcome: "stopped",
      counts: { executions: 1, swept: tree.isBegun ? 1 : 0, aborted: 0 },
    });
    const { rows } = await tree.db.pool.query("select status, end_reason from executions");
    expect(rows).toEqual([{ status: "TERMINATED", end_reason: "stopped" }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  },
);

test.each([true, false])("one that is stopped before it has begun begins nothing, with cascade %s", async (cascade) => {
  await using tree = await setup("QUEUED");
  const { stopId } = await fence(tree.db, tree.root, { cascade });
  const answer = await openActivities(tree.db).record.begin(tree.root, "its workflow's first run");
  expect(answer).toMatchObject({ state: "ended", status: "TERMINATED" });
  await closeStop(tree.db, stopId);
  expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({ proof: { startedAfterFence: 0 } });
  const { rows } = await tree.db.pool.query(
    "select type from events where type in ('execution.started', 'node.queued')",
  );
  expect(rows).toEqual([]);
  expect(await faultsOf(tree.db)).toEqual([]);
});
