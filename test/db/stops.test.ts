import { Client } from "pg";
import { fenceChannel } from "../../db/wake";
import { startNodes } from "../../db/nodes";
import { commitStep } from "../../db/step";
import {
  closeStop,
  openFence,
  planStop,
  readFences,
  readOpenStop,
  readStop,
  requestStop,
  settleFenced,
} from "../../db/stops";
import type { ExecutionId, NodeExecutionId, StopId } from "../../graph/ids";
import {
  begin,
  beginWithChildren,
  beginWithNodes,
  fence,
  fenceRequest,
  newExecutionId,
  ownerId,
  unit,
} from "../support/factory";
import { countLockWaiters, faultsOf, readAll } from "../support/record";
import { testTree } from "../support/tree";
import { until } from "../support/wait";
import { blockId } from "../unit/graph/fixtures";

/** A RUNNING root with one RUNNING nested graph. */
async function setup() {
  const tree = await testTree();
  const { unit: first, ids } = beginWithChildren(tree.root, tree.graph, 1);
  const [child] = ids as [ExecutionId];
  await commitStep(tree.db, tree.root, [first]);
  await commitStep(tree.db, tree.root, [begin(child)]);
  const request = (executionId = tree.root) => ({ ...fenceRequest, executionId, ownerId });
  const settle = (stopId: StopId) => settleFenced(tree.db, stopId, []);
  const scopes = async () => (await tree.db.pool.query("select scope from fences")).rows.map(({ scope }) => scope);
  return { ...tree, child, request, settle, scopes };
}

describe("a fence", () => {
  test("is opened once: a second stop joins the first", async () => {
    await using tree = await setup();
    const first = await fence(tree.db, tree.root, { reason: "first" });
    const before = await readAll(tree.db);
    const second = await fence(tree.db, tree.root, { reason: "second", deadlineMs: 0 });
    expect([first.opened, second.opened]).toEqual([true, false]);
    expect(second.stopId).toBe(first.stopId);
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("of two that are asked for at the same time is opened once", async () => {
    await using tree = await setup();
    const all = await Promise.all(Array.from({ length: 6 }, () => fence(tree.db, tree.root)));
    expect(all.filter(({ opened }) => opened)).toHaveLength(1);
    expect(new Set(all.map(({ stopId }) => stopId)).size).toBe(1);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is joined from below: under it nothing is left to fence", async () => {
    await using tree = await setup();
    const outer = await fence(tree.db, tree.root);
    expect(await fence(tree.db, tree.child)).toEqual({ stopId: outer.stopId, opened: false });
    expect(await readFences(tree.db, [tree.root])).toEqual([{ executionId: tree.root, stopId: outer.stopId }]);
  });

  test("moves its deadline to now by force, never away", async () => {
    await using tree = await setup();
    const { stopId } = await fence(tree.db, tree.root, { deadlineMs: 600_000 });
    expect((await readOpenStop(tree.db, stopId))?.msToDeadline).toBeGreaterThan(500_000);
    await fence(tree.db, tree.root, { force: true });
    expect((await readOpenStop(tree.db, stopId))?.msToDeadline).toBeLessThanOrEqual(0);
    await fence(tree.db, tree.root, { deadlineMs: 600_000 });
    expect((await readOpenStop(tree.db, stopId))?.msToDeadline).toBeLessThanOrEqual(0);
  });

  test("of scope self is raised to the subtree by a stop that cascades, and not lowered again", async () => {
    await using tree = await setup();
    const { stopId } = await fence(tree.db, tree.root, { cascade: false });
    expect(await tree.scopes()).toEqual(["self"]);
    expect(await readFences(tree.db, [tree.root])).toEqual([]); // nothing that runs has to be aborted
    expect(await commitStep(tree.db, tree.root, [unit(tree.child, 1)])).toEqual([null]);
    await fence(tree.db, tree.root, { cascade: true });
    await fence(tree.db, tree.root, { cascade: false });
    expect(await tree.scopes()).toEqual(["subtree"]);
    expect(await readOpenStop(tree.db, stopId)).toMatchObject({ cascade: true });
    expect(await commitStep(tree.db, tree.root, [unit(tree.child, 2)])).toEqual(["fenced"]);
  });

  test("of scope self that is raised leaves what was started until then out of its proof", async () => {
    await using tree = await setup();
    const { stopId } = await fence(tree.db, tree.root, { cascade: false, deadlineMs: 0 });
    const { unit: grows, ids } = beginWithNodes(tree.child, 1, { status: "RUNNING", started: 3 });
    const [id] = ids as [NodeExecutionId];
    const later = { ...grows, version: 1, execution: { open: 1, waiting: 0, failed: 0, unhandled: 0 } };
    const started = { type: "node.started", executionId: tree.child, nodeExecutionId: id };
    expect(await commitStep(tree.db, tree.root, [{ ...later, events: [...grows.events, started] }])).toEqual([null]);
    await fence(tree.db, tree.root, { deadlineMs: 600_000 });
    // Its deadline counts from now on: nobody had told the node to end.
    expect(await tree.settle(stopId)).toMatchObject({ abandoned: 0, running: 1, quiesced: false });
    expect(await settleFenced(tree.db, stopId, [id])).toMatchObject({ quiesced: true });
    expect(await closeStop(tree.db, stopId)).toBe("stopped");
    expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({
      cascade: true,
      counts: { executions: 2, aborted: 1 },
      proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
    });
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("ends whoever holds its tree for longer than 2 s, and nobody who only waits for it", async () => {
    await using tree = await setup();
    const holder = new Client({ connectionString: tree.url });
    const lost = new Promise((resolve) => holder.on("error", resolve));
    await holder.connect();
    await holder.query("begin");
    await holder.query("select 1 from trees for update");
    const step = commitStep(tree.db, tree.root, [unit(tree.child, 1)]);
    expect(await fence(tree.db, tree.root)).toMatchObject({ opened: true });
    expect(await lost).toMatchObject({ code: "57P01" }); // terminated by an administrator's command
    expect(await step).toHaveLength(1);
    await holder.end().catch(() => {});
  });

  test("is told to every worker when it is committed, and to the outbox", async () => {
    await using tree = await setup();
    const listener = new Client({ connectionString: tree.url });
    await listener.connect();
    const heard: string[] = [];
    listener.on("notification", ({ payload }) => heard.push(payload ?? ""));
    await listener.query(`listen ${fenceChannel}`);
    const { stopId } = await fence(tree.db, tree.root);
    await until(
      () => heard.length,
      (length) => length === 1,
    );
    await listener.end();
    expect(heard.map((payload) => JSON.parse(payload))).toEqual([{ executionId: tree.root, stopId }]);
    const { rows } = await tree.db.pool.query("select subject_id from outbox where kind = 'stop'");
    expect(rows).toEqual([{ subject_id: stopId }]);
  });

  test("is not opened for what is not there, nor for what has ended by itself", async () => {
    await using tree = await setup();
    expect(await openFence(tree.db, { ...fenceRequest, executionId: newExecutionId() })).toEqual({
      because: "missing",
    });
    await endRoot(tree);
    expect(await openFence(tree.db, { ...fenceRequest, executionId: tree.root })).toEqual({ because: "ended" });
  });
});

/** The root and its child end by themselves. */
async function endRoot({ db, root, child }: Awaited<ReturnType<typeof setup>>) {
  await db.pool.query(
    "update node_executions set status = 'COMPLETED', end_reason = 'finished', ended_at = now(), ended_seq = 1, closed = true",
  );
  await db.pool.query("update executions set open = 0");
  const end = {
    status: "COMPLETED",
    endReason: "finished",
    open: 0,
    waiting: 0,
    failed: 0,
    unhandled: 0,
    ended: 1,
  } as const;
  const units = [child, root].map((id) =>
    unit(id, 1, { execution: end, events: [{ type: "execution.completed", executionId: id }] }),
  );
  expect(await commitStep(db, root, units)).toEqual([null, null]);
}

describe("a stop that is requested", () => {
  test("of an execution that has ended by itself is over at once and writes nothing", async () => {
    await using tree = await setup();
    await endRoot(tree);
    const before = await readAll(tree.db);
    expect(await requestStop(tree.db, { ...tree.request(), reason: "late" })).toMatchObject({
      id: null,
      executionId: tree.root,
      status: "CLOSED",
      reason: "late",
      outcome: "already_finished",
      phases: { fencedAt: null, quiescedAt: expect.any(String), closedAt: expect.any(String) },
      counts: { executions: 2, alreadyEnded: 2, swept: 0 },
      proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
    });
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("after it has closed answers that stop", async () => {
    await using tree = await setup();
    const { id } = await requestStop(tree.db, tree.request());
    if (!id) throw new Error("no stop");
    await tree.settle(id);
    await closeStop(tree.db, id);
    const later = await requestStop(tree.db, { ...tree.request(), reason: "again" });
    expect(later).toMatchObject({ id, status: "CLOSED", outcome: "stopped", reason: null, counts: { cancelled: 2 } });
    // A descendant that the stop took with it answers the same one.
    expect(await requestStop(tree.db, tree.request(tree.child))).toMatchObject({ id, status: "CLOSED" });
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is not another owner's to ask for or to read", async () => {
    await using tree = await setup();
    await expect(requestStop(tree.db, { ...tree.request(), ownerId: "bob" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(requestStop(tree.db, tree.request(newExecutionId()))).rejects.toMatchObject({ code: "not_found" });
    await expect(planStop(tree.db, "bob", tree.root)).rejects.toMatchObject({ code: "not_found" });
    const { id } = await requestStop(tree.db, tree.request());
    expect(id && (await readStop(tree.db, "bob", id))).toBeNull();
    expect(await readFences(tree.db, [tree.root])).toHaveLength(1);
  });

  test("closes once, after it is quiet", async () => {
    await using tree = await setup();
    const { id } = await requestStop(tree.db, tree.request());
    if (!id) throw new Error("no stop");
    await closeStop(tree.db, id);
    expect(await readStop(tree.db, ownerId, id)).toMatchObject({ status: "STOPPING", outcome: null, proof: null });
    await tree.settle(id);
    await closeStop(tree.db, id);
    await closeStop(tree.db, id);
    expect(await readStop(tree.db, ownerId, id)).toMatchObject({
      status: "CLOSED",
      counts: { executions: 2, cancelled: 2, swept: 1, alreadyEnded: 0 },
      proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
    });
    expect(await faultsOf(tree.db)).toEqual([]);
  });
});

describe("a stop under another one", () => {
  test("is adopted: the outer stop ends what is under both, and each has its own receipt", async () => {
    await using tree = await setup();
    const inner = await fence(tree.db, tree.child, { reason: "inner" });
    const outer = await fence(tree.db, tree.root, { reason: "outer" });
    expect(outer.opened).toBe(true);
    await tree.settle(outer.stopId);
    await closeStop(tree.db, outer.stopId);
    expect(await readStop(tree.db, ownerId, inner.stopId)).toMatchObject({ status: "STOPPING", outcome: null });
    expect(await tree.settle(inner.stopId)).toMatchObject({ swept: 0, quiesced: true });
    await closeStop(tree.db, inner.stopId);
    const receipts = [inner, outer].map(({ stopId }) => readStop(tree.db, ownerId, stopId));
    expect(await Promise.all(receipts)).toMatchObject([
      { status: "CLOSED", outcome: "stopped", reason: "inner", counts: { executions: 1, cancelled: 1 } },
      { status: "CLOSED", outcome: "stopped", reason: "outer", counts: { executions: 2, cancelled: 2 } },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("that has ended before is counted as ended already", async () => {
    await using tree = await setup();
    const inner = await fence(tree.db, tree.child);
    await tree.settle(inner.stopId);
    const outer = await fence(tree.db, tree.root);
    await tree.settle(outer.stopId);
    await closeStop(tree.db, outer.stopId);
    expect(await readStop(tree.db, ownerId, outer.stopId)).toMatchObject({
      counts: { executions: 2, alreadyEnded: 1, cancelled: 1, swept: 0 },
    });
    // Asked again, each answers with its own.
    expect(await requestStop(tree.db, tree.request(tree.child))).toMatchObject({ id: inner.stopId });
    expect(await faultsOf(tree.db)).toEqual([]);
  });
});

test("a stop that loses to the execution's own end answers finished_first, and writes nothing", async () => {
  await using tree = await setup();
  const other = new Client({ connectionString: tree.url });
  await other.connect();
  await other.query("begin");
  await other.query("select 1 from trees for no key update");
  const stopping = requestStop(tree.db, tree.request());
  await until(
    () => countLockWaiters(tree.db),
    (waiting) => waiting === 1,
  );
  await other.query(
    "update executions set status = 'COMPLETED', end_reason = 'finished', ended_at = now(), ended_seq = 5, open = 0",
  );
  await other.query("commit");
  await other.end();
  expect(await stopping).toMatchObject({ id: null, status: "CLOSED", outcome: "finished_first" });
  expect(await readFences(tree.db, [tree.root])).toEqual([]);
});

test("a receipt tells what was spent and not charged", async () => {
  await using tree = await testTree();
  const { unit: first, ids } = beginWithNodes(tree.root, 3);
  const [a, b, queued] = ids as [NodeExecutionId, NodeExecutionId, NodeExecutionId];
  await commitStep(tree.db, tree.root, [first]);
  await startNodes(
    tree.db,
    tree.root,
    [a, b].map((id) => ({ id, hostId: null })),
  );
  const { stopId } = await fence(tree.db, tree.root);
  await tree.db.pool.query(
    `update node_executions set usage = '{"tokens": 20, "seconds": 1.5, "model": "m"}' where id = any ($1)`,
    [[a, b, queued]],
  );
  const counts = { swept: 1, aborted: 1, abandoned: 0 };
  await settleFenced(tree.db, stopId, [a]);
  expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({ status: "STOPPING", counts, proof: null });
  // Of a large tree only when it is asked for: the answer to a stop request takes as long for any tree.
  await tree.db.pool.query("update trees set node_executions = 3000");
  expect(await readStop(tree.db, ownerId, stopId, false)).toMatchObject({ counts: { swept: 0, aborted: 0 } });
  expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({ counts });
  await settleFenced(tree.db, stopId, [b]);
  await closeStop(tree.db, stopId);
  expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({
    counts: { swept: 1, aborted: 2, abandoned: 0 },
    uncharged: { nodeExecutions: 2, usage: { tokens: 40, seconds: 3 } },
  });
});

describe("the proof of a stop", () => {
  test("counts what is numbered after the fence", async () => {
    await using tree = await setup();
    const { id } = await requestStop(tree.db, tree.request());
    if (!id) throw new Error("no stop");
    await tree.settle(id);
    // Rows that no step could have written: a start and a charge after the fence, and a child that lives on.
    await tree.db.pool.query("update node_executions set started_seq = ended_seq, charge = 3");
    await tree.db.pool.query(
      "update executions set status = 'RUNNING', end_reason = null, ended_at = null, ended_seq = null where id = $1",
      [tree.child],
    );
    await closeStop(tree.db, id);
    expect((await readStop(tree.db, ownerId, id))?.proof).toMatchObject({
      liveDescendants: 1,
      startedAfterFence: 1,
      chargedAfterFence: 1,
    });
  });
});

test("a plan tells what a stop would meet, level by level, and changes nothing", async () => {
  await using tree = await testTree();
  const { unit: first, ids } = beginWithChildren(tree.root, tree.graph, 3);
  const [a, b] = ids as [ExecutionId, ExecutionId];
  const { unit: held, ids: running } = beginWithNodes(a, 2);
  await commitStep(tree.db, tree.root, [first]);
  await commitStep(tree.db, tree.root, [
    held,
    begin(b, { execution: { open: 0, waiting: 0, failed: 0, unhandled: 0 } }),
  ]);
  await tree.db.pool.query("update executions set status = 'WAITING' where id = $1", [b]);
  await tree.db.pool.query("update node_executions set status = 'RUNNING' where execution_id = $1", [a]);
  const before = await readAll(tree.db);
  expect(await planStop(tree.db, ownerId, tree.root)).toMatchObject({
    executions: 4,
    levels: [
      { depth: 0, executions: 1, running: 1, waiting: 0, queued: 0 },
      { depth: 1, executions: 3, running: 1, waiting: 1, queued: 1 },
    ],
    runningNodes: 2,
    uninterruptible: [],
  });
  const web = { id: blockId("SendWebRequest"), name: "SendWebRequest" };
  expect(await planStop(tree.db, ownerId, tree.root, [web])).toMatchObject({
    uninterruptible: running.map((id) => ({ executionId: a, nodeExecutionId: id, block: "SendWebRequest" })),
  });
  expect(await readAll(tree.db)).toEqual(before);
});
