import { noteRetry, startNodes } from "../../db/nodes";
import { commitStep, type Unit } from "../../db/step";
import { closeStop, readOpenStop, readStop, settleBatch, settleFenced } from "../../db/stops";
import type { ExecutionId, NodeExecutionId, StopId } from "../../graph/ids";
import { begin, beginWithChildren, beginWithNodes, completed, fence, ownerId, unit } from "../support/factory";
import { countLive, faultsOf } from "../support/record";
import { testTree } from "../support/tree";

/** A root with `children` nested graphs of `nodes` queued remote nodes each. */
async function setup(children: number, nodes: number) {
  const tree = await testTree();
  const { unit: first, ids: childIds, nodeIds: parentNodes } = beginWithChildren(tree.root, tree.graph, children);
  const begins = childIds.map((id) => beginWithNodes(id, nodes));
  const commit = (...units: Unit[]) => commitStep(tree.db, tree.root, units);
  await commit(first);
  expect(await commit(...begins.map((one) => one.unit))).toEqual(childIds.map(() => null));
  const settle = (stopId: StopId, ended: readonly NodeExecutionId[] = []) => settleFenced(tree.db, stopId, ended);
  async function settleAll(stopId: StopId) {
    const calls = [await settle(stopId)];
    while (calls.at(-1)?.quiesced === false && calls.length < 20) calls.push(await settle(stopId));
    return calls;
  }
  const start = (...ids: NodeExecutionId[]) =>
    startNodes(
      tree.db,
      tree.root,
      ids.map((id) => ({ id, hostId: null })),
    );
  const countsOf = async (stopId: StopId) => (await readStop(tree.db, ownerId, stopId))?.counts;
  return {
    ...tree,
    childIds,
    parentNodes,
    nodeIds: begins.map((one) => one.ids),
    commit,
    settle,
    settleAll,
    start,
    countsOf,
  };
}

describe("settling a stopped tree", () => {
  test("goes in batches, ends everything, and the target last", async () => {
    await using tree = await setup(30, 45);
    const { stopId } = await fence(tree.db, tree.root);
    const calls = await tree.settleAll(stopId);
    // 30 nodes of the root and 1,350 of the children, at most 500 in one call; then 30 children and the root.
    expect(settleBatch).toBe(500);
    expect(calls).toHaveLength(3);
    for (const { swept } of calls.slice(0, -1)) expect(swept).toBeLessThanOrEqual(2 * settleBatch);
    expect(calls.at(-1)).toMatchObject({ running: 0, executions: 0, quiesced: true });
    expect(await countLive(tree.db, tree.root)).toBe(0);
    expect(await faultsOf(tree.db)).toEqual([]);
    const { rows } = await tree.db.pool.query(
      `select (select ended_seq from executions where depth = 0) > all (select ended_seq from executions where depth > 0) as after_children,
        (select ended_seq from executions where depth = 0) > all (select ended_seq from node_executions) as after_nodes,
        (select json_agg(distinct (depth, status, end_reason, open, waiting)::text) from executions) as executions,
        (select json_agg(distinct (status, end_reason, closed)::text) from node_executions) as nodes,
        (select array_agg(type order by seq desc) from (select * from events order by seq desc limit 2) e) as last_events,
        (select live_executions from trees) as live`,
    );
    expect(rows).toEqual([
      {
        after_children: true,
        after_nodes: true,
        executions: ["(0,TERMINATED,stopped,0,0)", "(1,TERMINATED,parent_stopped,0,0)"],
        nodes: ["(TERMINATED,parent_stopped,t)", "(TERMINATED,stopped,t)"],
        last_events: ["stop.quiesced", "execution.terminated"],
        live: 0,
      },
    ]);
    expect(await tree.countsOf(stopId)).toMatchObject({ swept: 30 + 30 * 45, aborted: 0, abandoned: 0 });
  });

  test("waits for no node between two attempts, but for one whose code may still run", async () => {
    await using tree = await setup(1, 2);
    const [[between, leftBehind] = []] = tree.nodeIds;
    if (!between || !leftBehind) throw new Error("no nodes");
    await tree.start(between, leftBehind);
    const failed = { nodeId: "n", attempt: 1, error: { code: "busy", message: "" } };
    const note = (id: NodeExecutionId, isOver: boolean) => noteRetry(tree.db, tree.root, { ...failed, id, isOver });
    expect(await note(between, true)).toBe(true);
    expect(await note(between, true)).toBe(false); // told again after a lost answer
    expect(await note(leftBehind, false)).toBe(true);
    const { stopId } = await fence(tree.db, tree.root);
    expect(await tree.settle(stopId)).toMatchObject({ running: 1, abandoned: 0, quiesced: false });
    expect(await tree.start(between, leftBehind)).toMatchObject([{ because: "ended" }, { because: "fenced" }]);
    expect((await tree.settle(stopId, [leftBehind])).quiesced).toBe(true);
    expect(await tree.countsOf(stopId)).toMatchObject({ aborted: 2, abandoned: 0 });
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("leaves running node code its time, and is over when that says it has ended", async () => {
    await using tree = await setup(2, 2);
    const [running = []] = tree.nodeIds;
    await tree.start(...running);
    const { stopId } = await fence(tree.db, tree.root);
    expect(await tree.settle(stopId)).toMatchObject({ running: 2, executions: 2, quiesced: false });
    expect(await tree.settle(stopId, running.slice(0, 1))).toMatchObject({
      running: 1,
      executions: 2,
      quiesced: false,
    });
    expect(await readOpenStop(tree.db, stopId)).toMatchObject({ status: "STOPPING" });
    expect(await tree.settle(stopId, running.slice(1))).toMatchObject({ running: 0, quiesced: true });
    expect(await readOpenStop(tree.db, stopId)).toMatchObject({ status: "QUIESCED" });
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("counts what was swept and what was aborted once, however often it is told", async () => {
    await using tree = await setup(1, 3);
    const [ids = []] = tree.nodeIds;
    const [a, b, queued] = ids as [NodeExecutionId, NodeExecutionId, NodeExecutionId];
    await tree.start(a, b);
    const { stopId } = await fence(tree.db, tree.root);
    await tree.settle(stopId, [a]);
    await tree.settle(stopId, [a]);
    await tree.settle(stopId, [a, queued, ...tree.parentNodes]);
    expect(await tree.countsOf(stopId)).toMatchObject({ swept: 2, aborted: 1, abandoned: 0 });
    await tree.settle(stopId, [b]);
    expect(await tree.countsOf(stopId)).toMatchObject({ swept: 2, aborted: 2, abandoned: 0 });
  });

  test("settles what has ended in the call that says so, however much is to be swept", async () => {
    await using tree = await setup(4, 500);
    const last = tree.nodeIds.map((ids) => ids.at(-1) as NodeExecutionId);
    await tree.start(...last);
    const { stopId } = await fence(tree.db, tree.root);
    await tree.settle(stopId, last); // nobody says it again
    const { rows } = await tree.db.pool.query("select status, end_reason from node_executions where id = any ($1)", [
      last,
    ]);
    expect(rows).toEqual(last.map(() => ({ status: "TERMINATED", end_reason: "parent_stopped" })));
    expect((await tree.settleAll(stopId)).at(-1)).toMatchObject({ quiesced: true });
    expect(await tree.countsOf(stopId)).toMatchObject({ swept: 4 * 499 + 4, aborted: 4 });
  });

  test("abandons what does not end in time, and refuses what it says later", async () => {
    await using tree = await setup(1, 2);
    const [ids = []] = tree.nodeIds;
    const [a] = ids as [NodeExecutionId];
    const [child] = tree.childIds as [ExecutionId];
    await tree.start(a);
    const { stopId } = await fence(tree.db, tree.root, { deadlineMs: 0 });
    expect(await tree.settle(stopId)).toMatchObject({ abandoned: 1, quiesced: true });
    const late = unit(child, 2, { kind: "settle", tokens: [{ id: a, attempt: 1 }], updates: [completed(a, 1)] });
    expect(await tree.commit(late)).toEqual(["ended"]);
    await closeStop(tree.db, stopId);
    expect(await readStop(tree.db, ownerId, stopId)).toMatchObject({
      status: "CLOSED",
      outcome: "stopped_with_leftovers",
      leftovers: [{ executionId: child, nodeExecutionId: a }],
      counts: { executions: 2, swept: 2, aborted: 0, abandoned: 1, alreadyEnded: 0 },
      proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
    });
    const { rows } = await tree.db.pool.query("select attempt, end_reason from node_executions where id = $1", [a]);
    expect(rows).toEqual([{ attempt: 2, end_reason: "abandoned" }]);
    // So is the execution whose code it was, and no other.
    const ends = await tree.db.pool.query("select depth, end_reason from executions order by depth");
    expect(ends.rows).toEqual([
      { depth: 0, end_reason: "stopped" },
      { depth: 1, end_reason: "abandoned" },
    ]);
  });

  test("of a subtree leaves the rest alone and tells the parent's node", async () => {
    await using tree = await setup(2, 2);
    const [stopped, other] = tree.childIds as [ExecutionId, ExecutionId];
    const { stopId } = await fence(tree.db, stopped);
    await tree.settleAll(stopId);
    const { rows } = await tree.db.pool.query(
      "select id, status, end_reason from executions where depth = 1 order by status desc",
    );
    expect(rows).toEqual([
      { id: stopped, status: "TERMINATED", end_reason: "stopped" },
      { id: other, status: "RUNNING", end_reason: null },
    ]);
    const told = await tree.db.pool.query(
      `select n.status, n.end_reason, n.closed, o.pin, o.value, n.error ->> 'code' as code,
          (select json_agg(kind || ' ' || subject_id) from outbox where kind = 'poke') as pokes
         from node_executions n join outputs o on o.node_execution_id = n.id where n.id = $1`,
      [tree.parentNodes[0]],
    );
    expect(told.rows).toEqual([
      {
        status: "TERMINATED",
        end_reason: "stopped",
        closed: false,
        pin: "error",
        value: expect.stringContaining(stopped),
        code: "stopped",
        pokes: [`poke ${tree.root}`],
      },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("under a `self` fence waits for the children and keeps what they bring", async () => {
    await using tree = await setup(1, 1);
    const [child] = tree.childIds as [ExecutionId];
    const [[node]] = tree.nodeIds as [[NodeExecutionId]];
    const { stopId } = await fence(tree.db, tree.root, { cascade: false });
    expect(await tree.settle(stopId)).toMatchObject({ quiesced: false });
    expect(await tree.start(node)).toMatchObject([{ because: null }]); // the child is not fenced
    const ends = unit(child, 1, {
      tokens: [{ id: node, attempt: 1 }],
      updates: [completed(node, 1)],
      relay: {
        id: tree.parentNodes[0] as NodeExecutionId,
        isItem: false,
        outputs: [{ pin: "y", value: 1 }],
        end: { status: "COMPLETED", endReason: "finished", error: null, ended: 3 },
      },
      events: [
        { type: "node.completed", executionId: child, nodeExecutionId: node },
        { type: "execution.completed", executionId: child },
        { type: "node.completed", executionId: tree.root, nodeExecutionId: tree.parentNodes[0] },
      ],
      execution: {
        status: "COMPLETED",
        endReason: "finished",
        open: -1,
        waiting: 0,
        failed: 0,
        unhandled: 0,
        ended: 2,
      },
    });
    expect(await tree.commit(ends)).toEqual([null]);
    expect(await tree.settleAll(stopId)).toMatchObject([{ quiesced: true }]);
    const { rows } = await tree.db.pool.query("select status, end_reason from executions order by depth");
    expect(rows).toEqual([
      { status: "TERMINATED", end_reason: "stopped" },
      { status: "COMPLETED", end_reason: "finished" },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });
});

test("an execution that was never begun is stopped in one call", async () => {
  await using tree = await testTree();
  const { stopId } = await fence(tree.db, tree.root);
  expect(await settleFenced(tree.db, stopId, [])).toMatchObject({ quiesced: true });
  expect(await commitStep(tree.db, tree.root, [begin(tree.root)])).toEqual(["ended"]);
  expect(await faultsOf(tree.db)).toEqual([]);
});
