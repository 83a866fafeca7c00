import { setImmediate } from "node:timers/promises";
import pino from "pino";
import { createRunningNodes } from "../../activities/running-nodes";
import { connect } from "../../db/client";
import { startNodes } from "../../db/nodes";
import { commitStep } from "../../db/step";
import { settleFenced } from "../../db/stops";
import { fenceChannel, listen } from "../../db/wake";
import type { NodeExecutionId } from "../../graph/ids";
import { watchFences } from "../../worker/fence-watch";
import { testDatabase } from "../support/database";
import { beginWithNodes, fence } from "../support/factory";
import { startProxy } from "../support/proxy";
import { testTree } from "../support/tree";
import { until } from "../support/wait";

/** A tree with a node that runs in this process. */
async function setup() {
  const tree = await testTree();
  const { unit, ids } = beginWithNodes(tree.root, 1);
  const [id] = ids as [NodeExecutionId];
  await commitStep(tree.db, tree.root, [unit]);
  const running = createRunningNodes();
  const slot = running.register(id, [tree.root]);
  await startNodes(tree.db, tree.root, [{ id, hostId: null }]);
  const opened: { close(): Promise<void> }[] = [];
  /** `url`: what it listens to; `through`: where it looks too. */
  async function watch(url = tree.url, through: string | null = null) {
    const db = through ? connect(through, { max: 2 }) : tree.db;
    if (through) opened.unshift(db);
    opened.unshift(await watchFences(db, url, running, pino({ level: "silent" })));
  }
  return {
    ...tree,
    running,
    slot,
    watch,
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      await tree[Symbol.asyncDispose]();
    },
  };
}

describe("a worker that watches for fences", () => {
  test("finds by looking what no notification told it", async () => {
    await using tree = await setup();
    const elsewhere = await testDatabase(); // where it listens nobody opens a fence
    await tree.watch(elsewhere.url);
    const { stopId } = await fence(tree.db, tree.root);
    await until(
      () => tree.slot.signal.aborted,
      (aborted) => aborted,
    );
    expect(tree.slot.signal.reason).toEqual({ kind: "fenced", stopId });
  });

  test("gives up what the record has ended without its code", async () => {
    await using tree = await setup();
    await tree.watch();
    const { stopId } = await fence(tree.db, tree.root, { deadlineMs: 0 });
    await until(
      () => tree.slot.signal.aborted,
      (aborted) => aborted,
    );
    expect(tree.slot.givenUp.aborted).toBe(false);
    await settleFenced(tree.db, stopId, []);
    await until(
      () => tree.slot.givenUp.aborted,
      (givenUp) => givenUp,
    );
  });

  test("starts nothing while it hears of no fences, and goes on when it does", async () => {
    await using tree = await setup();
    await using proxy = await startProxy(tree.url);
    await tree.watch(proxy.url, proxy.url);
    const hears = () => Promise.race([tree.running.hearing().then(() => true), setImmediate(false)]);
    expect(await hears()).toBe(true);
    proxy.setSilent(true);
    await until(hears, (now) => !now);
    const waiting = tree.running.hearing();
    proxy.setSilent(false);
    await waiting;
    const { stopId } = await fence(tree.db, tree.root);
    await until(
      () => tree.slot.signal.aborted,
      (aborted) => aborted,
    );
    expect(tree.slot.signal.reason).toEqual({ kind: "fenced", stopId });
  });
});

test("a listener whose connection is silent is found out by its own echo, and listens again", async () => {
  await using tree = await testTree();
  await using proxy = await startProxy(tree.url);
  const heard: string[] = [];
  let connected = 0;
  const listener = await listen(
    proxy.url,
    fenceChannel,
    (payload) => heard.push(payload),
    () => (connected += 1),
  );
  expect(listener.isListening()).toBe(true);
  proxy.setSilent(true);
  await until(listener.isListening, (listening) => !listening);
  proxy.setSilent(false);
  await until(
    () => connected,
    (times) => times === 2,
  );
  await fence(tree.db, tree.root);
  await until(
    () => heard.length,
    (count) => count === 1,
  );
  await listener.close();
});
