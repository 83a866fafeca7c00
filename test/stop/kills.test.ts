import { parseStopId } from "../../graph/ids";
import { openStage, type Stage } from "./kills";
import { ask, closed, expectGone } from "./receipt";

async function onlyStop({ db }: Stage) {
  const { rows } = await db.pool.query<{ id: string; status: string }>("select id, status from stops");
  expect(rows).toHaveLength(1);
  return { id: parseStopId(String(rows[0]?.id)), status: rows[0]?.status };
}

/** All points at once: most of it is waiting until Temporal has found that the worker is dead. */
test("a stop whose worker is killed at any point of it is gone on with by another", async () => {
  const deaths = ["after-fence", "after-push", "in-sweep", "before-receipt"].map(async (point) => {
    await using stage = await openStage();
    const worker = await stage.runWorker(point);
    const root = await stage.startHeld();
    const { id } = await ask(stage, root);
    expect(await worker.ended()).toBe("SIGKILL");
    const { status } = await onlyStop(stage);
    expect(status).not.toBe("CLOSED");
    await stage.replaceWorker();
    await expectGone(stage, root, await closed(stage.db, id));
    expect(stage.server.counts).toEqual({ "/held": 2 }); // nothing was sent again
  });
  await Promise.all(deaths);
}, 120_000);

test("a stop whose api is killed when the fence is committed is gone on with by another api", async () => {
  await using stage = await openStage();
  await stage.replaceWorker();
  const api = await stage.runApi("after-fence");
  const root = await stage.startHeld();
  await stage.dispatcher.close(); // only an api may follow it
  await expect(api.post(`/v1/executions/${root}/stop`)).rejects.toThrow("fetch failed");
  expect(await api.ended()).toBe("SIGKILL");
  const { id, status } = await onlyStop(stage);
  expect(status).not.toBe("CLOSED");
  await stage.runApi();
  await expectGone(stage, root, await closed(stage.db, id));
}, 120_000);
