import { startNodes } from "../../db/nodes";
import { takeOver } from "../../db/state";
import { commitStep, type Unit } from "../../db/step";
import { settleFenced } from "../../db/stops";
import type { ExecutionId, NodeExecutionId } from "../../graph/ids";
import type { Status } from "../../graph/status";
import {
  begin,
  beginWithChildren,
  beginWithNodes,
  completed,
  fence,
  newExecutionId,
  queuedNode,
  startGraph,
  unit,
} from "../support/factory";
import { faultsOf, readAll } from "../support/record";
import { testTree } from "../support/tree";

/** A RUNNING root with two queued remote nodes. */
async function setup() {
  const tree = await testTree();
  const { unit: first, ids } = beginWithNodes(tree.root, 2);
  expect(await commitStep(tree.db, tree.root, [first])).toEqual([null]);
  const [a, b] = ids as [NodeExecutionId, NodeExecutionId];
  const startAttempt = async (id: NodeExecutionId) => {
    const [start] = await startNodes(tree.db, tree.root, [{ id, hostId: null }]);
    return start?.because === null ? start.attempt : null;
  };
  const commit = (...units: Unit[]) => commitStep(tree.db, tree.root, units);
  return { ...tree, a, b, startAttempt, commit };
}

/** A plan that completes a running node. */
function completion(executionId: ExecutionId, version: number, id: NodeExecutionId, attempt: number): Unit {
  return unit(executionId, version, {
    tokens: [{ id, attempt }],
    updates: [completed(id, 1)],
    events: [{ type: "node.completed", executionId, nodeExecutionId: id }],
    execution: { open: -1, waiting: 0, failed: 0, unhandled: 0 },
  });
}

describe("a step", () => {
  test("writes a plan whole: rows, counters and events under the tree's next numbers", async () => {
    await using tree = await setup();
    await tree.startAttempt(tree.a);
    expect(await tree.commit(completion(tree.root, 1, tree.a, 1))).toEqual([null]);
    const { rows } = await tree.db.pool.query(
      "select status, end_reason, closed, queued_seq::int, started_seq::int, ended_seq::int from node_executions where id = $1",
      [tree.a],
    );
    expect(rows).toEqual([
      { status: "COMPLETED", end_reason: "finished", closed: true, queued_seq: 3, started_seq: 5, ended_seq: 6 },
    ]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("refuses the result of an attempt that another one has followed", async () => {
    await using tree = await setup();
    expect(await tree.startAttempt(tree.a)).toBe(1);
    expect(await tree.startAttempt(tree.a)).toBe(2);
    expect(await tree.commit(completion(tree.root, 1, tree.a, 1))).toEqual(["attempt"]);
    expect(await tree.commit(completion(tree.root, 1, tree.a, 2))).toEqual([null]);
    expect(await tree.commit(completion(tree.root, 2, tree.a, 2))).toEqual(["attempt"]); // it has ended
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("refuses a plan that was made on an older version", async () => {
    await using tree = await setup();
    const before = await readAll(tree.db);
    expect(await tree.commit(unit(tree.root, 0), unit(tree.root, 2))).toEqual(["version", "version"]);
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("refuses the second of two plans for one execution that come together", async () => {
    await using tree = await setup();
    await tree.startAttempt(tree.a);
    await tree.startAttempt(tree.b);
    const plans = [completion(tree.root, 1, tree.a, 1), completion(tree.root, 1, tree.b, 1)];
    expect(await tree.commit(...plans)).toEqual([null, "version"]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("refuses what is not there, and what has ended", async () => {
    await using tree = await setup();
    await fence(tree.db, tree.root).then(({ stopId }) => settleFenced(tree.db, stopId, []));
    expect(await tree.commit(unit(newExecutionId(), 0), unit(tree.root, 2))).toEqual(["missing", "ended"]);
  });

  test("lets a settle through under a fence that refuses every grow", async () => {
    await using tree = await setup();
    await tree.startAttempt(tree.a);
    await fence(tree.db, tree.root, { cascade: false });
    const result = completion(tree.root, 1, tree.a, 1);
    expect(await tree.commit(result)).toEqual(["fenced"]);
    expect(await tree.commit({ ...result, kind: "settle" })).toEqual([null]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("throws, and writes nothing, where a node execution is not in a status it may leave", async () => {
    await using tree = await setup();
    const before = await readAll(tree.db);
    const wrong = unit(tree.root, 1, { updates: [completed(tree.a, 1, { from: ["WAITING"] })] });
    await expect(tree.commit(wrong)).rejects.toMatchObject({ code: "TL001" });
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("writes values as they came: order of keys, NUL and lone surrogates", async () => {
    await using tree = await setup();
    await tree.startAttempt(tree.a);
    const odd = { z: "\u0000", a: ["\ud800", { "\udfff": "\\u0000" }], m: { b: 1, a: null } };
    const message = "\u0000\ud800";
    const written = unit(tree.root, 1, {
      inserts: [queuedNode(1, { inputs: odd })],
      updates: [
        completed(tree.a, 2, {
          status: "FAILED",
          endReason: "node_failed",
          error: { code: "odd", message },
          emitted: 1,
        }),
      ],
      outputs: [{ id: tree.a, ordinal: 0, pin: "response", value: odd }],
      events: [
        { type: "odd", executionId: tree.root, data: odd },
        { type: "node.failed", executionId: tree.root, nodeExecutionId: tree.a },
      ],
    });
    expect(await tree.commit(written)).toEqual([null]);
    const { rows } = await tree.db.pool.query(
      `select (select value from outputs) as output, (select inputs from node_executions where id = $1) as inputs,
        (select error from node_executions where id = $2) as error, (select data from events where type = 'odd') as data`,
      [written.inserts[0]?.id, tree.a],
    );
    const text = JSON.stringify(odd);
    const [row] = rows;
    expect([row.output, row.inputs, row.data].map((value) => JSON.stringify(value))).toEqual([text, text, text]);
    expect(row.error).toEqual({ code: "odd", message });
  });

  test("keeps the inputs of a start as they came", async () => {
    await using tree = await setup();
    const inputs = { z: "\u0000", a: "\ud800", "10": 1, "9": 2 };
    const id = await startGraph(tree.db, tree.graph, { inputs });
    const { rows } = await tree.db.pool.query("select inputs from executions where id = $1", [id]);
    expect(JSON.stringify(rows[0].inputs)).toBe(JSON.stringify(inputs));
  });
});

describe("plans that are committed together", () => {
  test("are judged alone: what is refused is left out, and the numbers stay without gaps", async () => {
    await using tree = await testTree();
    const { db, root, graph } = tree;
    const { unit: first, ids } = beginWithChildren(root, graph, 4);
    await commitStep(db, root, [first]);
    const [w, x, y, z] = ids as [ExecutionId, ExecutionId, ExecutionId, ExecutionId];
    await fence(db, y);
    const plans = [beginWithNodes(w, 3).unit, unit(x, 5), beginWithNodes(y, 3).unit, beginWithNodes(z, 2).unit];
    expect(await commitStep(db, root, plans)).toEqual([null, "version", "fenced", null]);
    const { rows } = await db.pool.query(
      "select execution_id as id, array_agg(seq::int order by seq) as seqs from node_executions where execution_id = any ($1) group by 1 order by 2",
      [ids],
    );
    expect(rows).toEqual([
      { id: w, seqs: [5, 6, 7] },
      { id: z, seqs: [8, 9] },
    ]);
    expect(await faultsOf(db)).toEqual([]);
  });
});

describe("what a nested graph tells its parent", () => {
  async function setupChild() {
    const tree = await testTree();
    const { unit: first, ids, nodeIds } = beginWithChildren(tree.root, tree.graph, 1);
    const [child] = ids as [ExecutionId];
    const [parentNode] = nodeIds as [NodeExecutionId];
    await commitStep(tree.db, tree.root, [first]);
    await commitStep(tree.db, tree.root, [begin(child)]);
    const told = (version: number, end: boolean): Unit => ({
      ...unit(child, version, {
        relay: {
          id: parentNode,
          isItem: false,
          outputs: [{ pin: "y", value: version }],
          end: end ? { status: "COMPLETED", endReason: "finished", error: null, ended: 2 } : undefined,
        },
        events: [
          { type: "node.output", executionId: tree.root, nodeExecutionId: parentNode },
          ...(end ? [{ type: "node.completed", executionId: tree.root, nodeExecutionId: parentNode }] : []),
          ...(end ? [{ type: "execution.completed", executionId: child }] : []),
        ],
        ...(end
          ? {
              execution: {
                status: "COMPLETED",
                endReason: "finished",
                open: 0,
                waiting: 0,
                failed: 0,
                unhandled: 0,
                ended: 3,
              },
            }
          : {}),
      }),
    });
    return { ...tree, child, parentNode, told, commit: (...units: Unit[]) => commitStep(tree.db, tree.root, units) };
  }

  test("is recorded at the parent's node in order, and its end with the child's own", async () => {
    await using tree = await setupChild();
    expect(await tree.commit(tree.told(1, false))).toEqual([null]);
    expect(await tree.commit(tree.told(2, true))).toEqual([null]);
    const { rows } = await tree.db.pool.query(
      `select n.status, n.emitted, n.closed, e.status as child, json_agg(o.value order by o.ordinal) as values
         from node_executions n join executions e on e.id = n.child_execution_id join outputs o on o.node_execution_id = n.id
        group by 1, 2, 3, 4`,
    );
    expect(rows).toEqual([{ status: "COMPLETED", emitted: 2, closed: false, child: "COMPLETED", values: [1, 2] }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is refused once the parent's own path is fenced", async () => {
    await using tree = await setupChild();
    await fence(tree.db, tree.root);
    expect(await tree.commit({ ...tree.told(1, false), kind: "settle" })).toEqual(["parent_fenced"]);
  });

  test("changes nothing of a node that has ended", async () => {
    await using tree = await setupChild();
    await tree.commit(
      unit(tree.root, 1, {
        updates: [completed(tree.parentNode, 1, { status: "FAILED", endReason: "lost" })],
        events: [{ type: "node.failed", executionId: tree.root, nodeExecutionId: tree.parentNode }],
        execution: { open: -1, waiting: 0, failed: 1, unhandled: 1 },
      }),
    );
    expect(await tree.commit(tree.told(1, true))).toEqual([null]);
    const { rows } = await tree.db.pool.query("select status, end_reason, emitted from node_executions");
    expect(rows).toEqual([{ status: "FAILED", end_reason: "lost", emitted: 0 }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });
});

describe("a terminal status", () => {
  const ends: [Status, string][] = [
    ["COMPLETED", "finished"],
    ["FAILED", "node_failed"],
    ["TERMINATED", "stopped"],
  ];
  test.each(ends)("%s of a node execution never changes", async (status, endReason) => {
    await using tree = await setup();
    await tree.startAttempt(tree.a);
    await tree.db.pool.query(
      "update node_executions set status = $2, end_reason = $3, ended_at = now(), ended_seq = started_seq where id = $1",
      [tree.a, status, endReason],
    );
    const before = await readAll(tree.db);
    expect(await tree.startAttempt(tree.a)).toBeNull();
    expect(await tree.commit(completion(tree.root, 1, tree.a, 1))).toEqual(["attempt"]);
    const ofAnyAttempt = { ...completion(tree.root, 1, tree.a, 1), tokens: [] };
    await expect(tree.commit(ofAnyAttempt)).rejects.toMatchObject({ code: "TL001" });
    expect(await readAll(tree.db)).toEqual(before);
  });

  test.each(ends)("%s of an execution never changes", async (status, endReason) => {
    await using tree = await testTree();
    await commitStep(tree.db, tree.root, [begin(tree.root)]);
    const { stopId } = await fence(tree.db, tree.root);
    await tree.db.pool.query(
      "update executions set status = $2, end_reason = $3, ended_at = now(), ended_seq = 3 where id = $1",
      [tree.root, status, endReason],
    );
    const { executions } = await readAll(tree.db);
    expect(await commitStep(tree.db, tree.root, [{ ...begin(tree.root), version: 1, kind: "settle" }])).toEqual([
      "ended",
    ]);
    await settleFenced(tree.db, stopId, []);
    expect(await takeOver(tree.db, tree.root, null, "another run")).toBe(false);
    expect((await readAll(tree.db))["executions"]).toEqual(executions);
  });
});
