import pino from "pino";
import { startNodes } from "../../db/nodes";
import { commitStep } from "../../db/step";
import { readOverdueStops, readStop } from "../../db/stops";
import type { NodeExecutionId } from "../../graph/ids";
import { watchDeadlines } from "../../worker/deadline-watch";
import { beginWithNodes, fence, ownerId } from "../support/factory";
import { faultsOf } from "../support/record";
import { testTree } from "../support/tree";
import { until } from "../support/wait";

test("a worker settles what is overdue without a follow-up, and leaves a `self` stop its time", async () => {
  await using tree = await testTree();
  const { unit, ids } = beginWithNodes(tree.root, 2);
  const [running] = ids as [NodeExecutionId];
  await commitStep(tree.db, tree.root, [unit]);
  await startNodes(tree.db, tree.root, [{ id: running, hostId: null }]);
  const { stopId } = await fence(tree.db, tree.root, { deadlineMs: 0, cascade: false });
  const wakes: string[] = [];
  const watch = watchDeadlines(tree.db, (wake) => wakes.push(wake), pino({ level: "silent" }));
  const read = () => readStop(tree.db, ownerId, stopId);
  expect(await readOverdueStops(tree.db)).toEqual([]);
  await fence(tree.db, tree.root, { force: true });
  expect(await until(read, (stop) => stop?.status === "QUIESCED")).toMatchObject({
    counts: { swept: 1, abandoned: 1 },
    leftovers: [{ nodeExecutionId: running }],
  });
  await until(
    () => wakes,
    (all) => all.includes(stopId) && all.includes(tree.root),
  );
  await watch.close();
  expect(await faultsOf(tree.db)).toEqual([]);
});
