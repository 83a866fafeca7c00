import { createEndedListener } from "../../api/ended";
import { findOver } from "../../db/executions";
import { closeStop, settleFenced } from "../../db/stops";
import { notify, wakeChannel } from "../../db/wake";
import { fence, newExecutionId, startGraph } from "../support/factory";
import { testTree } from "../support/tree";
import { until } from "../support/wait";

/** A QUEUED root, and one who waits for its end and counts how often he looks. */
async function setup() {
  const tree = await testTree();
  const ended = await createEndedListener(tree.db, tree.url);
  const seen = { looks: 0, isOver: false };
  const isOver = () => {
    seen.looks++;
    return Promise.resolve(seen.isOver);
  };
  const wait = (isFresh: boolean, signal = new AbortController().signal, ms = 60_000) =>
    ended.waitFor(tree.root, ms, isOver, signal, isFresh);
  return {
    ...tree,
    seen,
    wait,
    async [Symbol.asyncDispose]() {
      await ended.close();
      await tree.db.close();
    },
  };
}

test("what is over is found among what callers wait for: executions and stops, also those that are gone", async () => {
  await using tree = await testTree();
  const { db, root, graph } = tree;
  const live = await startGraph(db, graph);
  const { stopId: open } = await fence(db, live);
  const { stopId: quiet } = await fence(db, root);
  await settleFenced(db, quiet, []);
  const gone = newExecutionId();
  expect(new Set(await findOver(db, [live, open, root, quiet, gone]))).toEqual(new Set([root, gone]));
  await closeStop(db, quiet);
  expect(new Set(await findOver(db, [live, open, quiet]))).toEqual(new Set([quiet]));
});

describe("a caller who waits for an end", () => {
  test("looks at once, unless it has just been recorded, and again when woken", async () => {
    await using bundle = await setup();
    const { seen, db, root } = bundle;
    const both = Promise.all([bundle.wait(true), bundle.wait(false)]);
    expect(seen.looks).toBe(1);
    await notify(db.pool, wakeChannel, [root]);
    await until(
      () => seen.looks,
      (looks) => looks === 3,
    );
    seen.isOver = true;
    await notify(db.pool, wakeChannel, [root]);
    expect(await both).toEqual([true, true]);
    expect(seen.looks).toBe(5);
  });

  test("learns of it where the wake-up was lost", async () => {
    await using bundle = await setup();
    const { seen, db, root } = bundle;
    const waiting = bundle.wait(true);
    seen.isOver = true;
    const { stopId } = await fence(db, root);
    await settleFenced(db, stopId, []);
    expect(await waiting).toBe(true);
    expect(seen.looks).toBe(1);
  });

  test("looks a last time when the time is up, and when it is called off", async () => {
    await using bundle = await setup();
    expect(await bundle.wait(true, undefined, 1)).toBe(false);
    expect(await bundle.wait(true, AbortSignal.abort())).toBe(false);
    expect(bundle.seen.looks).toBe(2);
  });
});
