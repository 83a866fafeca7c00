import { Client, Connection } from "@temporalio/client";
import pino from "pino";
import type { GraphNode } from "../../graph/definition";
import { draft, node } from "../unit/graph/fixtures";
import { createAudit, firstPlace, type Grace } from "../../worker/audit";
import { repairOne } from "../../worker/auditor";
import { createWorkflowStates } from "../../worker/workflow-states";
import { countOrphans, holdAudit, releaseAudit } from "../../db/audit";
import { commitStep } from "../../db/step";
import { settleFenced } from "../../db/stops";
import { startEngine } from "../support/engine";
import { beginWithChildren, fence, queuedNode, startGraph, unit } from "../support/factory";
import { createGate } from "../support/gate";
import { faultsOf, readAll } from "../support/record";
import { testTemporal } from "../support/temporal";
import { testTree } from "../support/tree";
import { until } from "../support/wait";

const log = pino({ level: "silent" });
const atOnce: Grace = { freshMs: 0, lostMs: 0, closingMs: 0, toldMs: 60_000 };

/** An audit of this database that waits for nothing unless told to, and how often it asked Temporal. */
function auditOf(
  { db, client, taskQueue }: Pick<Awaited<ReturnType<typeof startEngine>>, "db" | "client" | "taskQueue">,
  grace = atOnce,
) {
  const states = createWorkflowStates(client, taskQueue);
  let described = 0;
  const counted = {
    ...states,
    describe: (id: Parameters<typeof states.describe>[0]) => (described++, states.describe(id)),
  };
  const audit = createAudit({ db, states: counted, grace });
  return {
    ...audit,
    described: () => described,
    find: async () => (await audit.round(firstPlace)).orphans,
    async repairAll() {
      const { orphans } = await audit.round(firstPlace);
      for (const orphan of orphans) await repairOne({ db, states, log }, orphan);
      return orphans.map(({ kind, executionId, repair }) => ({ kind, executionId, action: repair.action }));
    },
  };
}

/** A record with one QUEUED root, and the Temporal of the run: no worker, so nothing moves by itself. */
async function setup() {
  const tree = await testTree();
  const { client, taskQueue } = await testTemporal();
  return { ...tree, client, taskQueue };
}
const outboxOf = async ({ db }: Pick<Awaited<ReturnType<typeof setup>>, "db">) =>
  (await db.pool.query("select kind, subject_id as subject from outbox order by id")).rows;

describe("an execution without a workflow", () => {
  test("is started, once, and counted", async () => {
    await using bundle = await setup();
    const { db, root } = bundle;
    await db.pool.query("delete from outbox");
    const audit = auditOf(bundle);
    expect(await audit.repairAll()).toEqual([{ kind: "workflow_missing", executionId: root, action: "start" }]);
    expect(await outboxOf(bundle)).toEqual([{ kind: "start", subject: root }]);
    expect(await audit.repairAll()).toEqual([]);
    expect(await countOrphans(db)).toMatchObject({ workflow_missing: 1, workflow_ended: 0 });
    const { rows } = await db.pool.query("select type, data from events where root_id = $1 order by seq", [root]);
    expect(rows).toMatchObject([
      { type: "execution.queued" },
      { type: "orphan.repaired", data: { kind: "workflow_missing", action: "start" } },
    ]);
    expect(await faultsOf(db)).toEqual([]);
  });

  test("is left alone while its start is in the outbox or waits for a place, and for 30 s", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    expect(await auditOf(bundle).find()).toEqual([]);
    await db.pool.query("delete from outbox");
    await db.pool.query("update executions set awaits_admission = true");
    expect(await auditOf(bundle).find()).toEqual([]);
    await db.pool.query("update executions set awaits_admission = false");
    const patient = auditOf(bundle, { ...atOnce, lostMs: 30_000 });
    expect(await patient.find()).toEqual([]);
    await db.pool.query("update executions set created_at = created_at - interval '31 seconds'");
    expect(await patient.find()).toMatchObject([{ kind: "workflow_missing" }]);
  });

  test("is asked for at its parent, where that has one", async () => {
    await using bundle = await setup();
    const { db, graph, root, client, taskQueue } = bundle;
    const begun = beginWithChildren(root, graph, 1);
    await commitStep(db, root, [begun.unit]);
    await db.pool.query("delete from outbox");
    await client.workflow.start("execution", { workflowId: root, taskQueue, args: [{ executionId: root }] });
    expect(await auditOf(bundle).repairAll()).toEqual([
      { kind: "workflow_missing", executionId: begun.ids[0], action: "poke" },
    ]);
    expect(await outboxOf(bundle)).toEqual([{ kind: "poke", subject: root }]);
  });

  test("runs to its end once it is started", async () => {
    const gate = createGate();
    await using engine = await startEngine({ blocks: [gate.block] });
    const id = await startGraph(engine.db, await engine.save(draft([node("n", "StoreValue", { input: 1 })], [])));
    await engine.db.pool.query("delete from outbox");
    await auditOf(engine).repairAll();
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
  });
});

test("nothing is repaired while Temporal does not answer: away is not gone", async () => {
  await using bundle = await setup();
  const { db } = bundle;
  await db.pool.query("delete from outbox");
  const connection = Connection.lazy({ address: "127.0.0.1:1" });
  const audit = auditOf({ ...bundle, client: new Client({ connection }) });
  const before = await readAll(db);
  await expect(audit.repairAll()).rejects.toThrow(/UNAVAILABLE|DEADLINE_EXCEEDED/);
  expect(await readAll(db)).toEqual(before);
  expect(await outboxOf(bundle)).toEqual([]);
  await connection.close();
}, 120_000);

describe("a live execution whose workflow is closed", () => {
  const begin = ({ client, taskQueue }: Awaited<ReturnType<typeof setup>>, id: string, more = {}) =>
    client.workflow.start("execution", { workflowId: id, taskQueue, args: [{ executionId: id }], ...more });

  test("is stopped from the highest one that is gone, whichever is looked at", async () => {
    await using bundle = await setup();
    const { db, graph, root } = bundle;
    const begun = beginWithChildren(root, graph, 1);
    await commitStep(db, root, [begun.unit]);
    const [child] = begun.ids;
    if (!child) throw new Error("no child");
    const handles = [await begin(bundle, root), await begin(bundle, child)];
    const audit = auditOf(bundle);
    expect(await audit.examine(child)).toBeNull();
    await handles[1]?.terminate("by hand");
    const fenceOf = (executionId: string) => ({
      executionId,
      repair: { action: "fence", fence: { cause: "terminate", reason: "by hand" } },
    });
    expect(await audit.examine(child)).toMatchObject(fenceOf(child));
    await handles[0]?.terminate("by hand");
    expect(await audit.examine(child)).toMatchObject(fenceOf(root));
    expect(await audit.find()).toMatchObject([fenceOf(root)]);
    await fence(db, root);
    expect([await audit.examine(child), await audit.find()]).toEqual([null, []]);
  });

  test("has failed where nobody asked for the end of its workflow", async () => {
    await using bundle = await setup();
    const { db, root } = bundle;
    const handle = await begin(bundle, root, { workflowRunTimeout: "1 second" });
    await until(
      () => handle.describe(),
      ({ status }) => status.name === "TIMED_OUT",
    );
    expect(await auditOf(bundle).repairAll()).toEqual([{ kind: "workflow_ended", executionId: root, action: "fence" }]);
    const { rows: stops } = await db.pool.query("select id, cause from stops");
    expect(stops).toMatchObject([{ cause: "lost" }]);
    await settleFenced(db, stops[0].id, []);
    const { rows } = await db.pool.query("select status, end_reason, error ->> 'code' as code from executions");
    expect(rows).toEqual([{ status: "FAILED", end_reason: "timed_out", code: "timed_out" }]);
    expect(await faultsOf(db)).toEqual([]);
  });
});

test("a live execution below an ended one is stopped", async () => {
  await using bundle = await setup();
  const { db, graph, root } = bundle;
  const begun = beginWithChildren(root, graph, 1);
  await commitStep(db, root, [begun.unit]);
  await db.pool.query(
    "update executions set status = 'COMPLETED', end_reason = 'finished', ended_at = now(), open = 0 where id = $1",
    [root],
  );
  expect(await auditOf(bundle).repairAll()).toEqual([
    { kind: "parent_ended", executionId: begun.ids[0], action: "fence" },
  ]);
  const { rows } = await db.pool.query("select execution_id, cause, status from stops");
  expect(rows).toEqual([{ execution_id: begun.ids[0], cause: "lost", status: "STOPPING" }]);
});

test("a stop that nobody follows is handed to the dispatcher again", async () => {
  await using bundle = await setup();
  const { db, root } = bundle;
  const { stopId } = await fence(db, root);
  await db.pool.query("delete from outbox");
  expect(await auditOf(bundle).repairAll()).toEqual([{ kind: "stop_unfollowed", executionId: root, action: "stop" }]);
  expect(await outboxOf(bundle)).toEqual([{ kind: "stop", subject: stopId }]);
  expect(await auditOf(bundle).find()).toEqual([]);
});

test("nodes that are ready in the record and unknown to an idle workflow are carried out", async () => {
  const gate = createGate();
  await using engine = await startEngine({ blocks: [gate.block] });
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: "late" } };
  const graph = draft([node("t", "CountdownTimer", { hours: 1 }), hold], ["t.output_message -> hold.in"]);
  const root = await engine.start(await engine.save(graph));
  const { db } = engine;
  await until(
    () => engine.nodes(root, "t"),
    ([timer]) => timer?.status === "WAITING",
  );
  await until(
    () =>
      auditOf(engine)
        .find()
        .then(() => engine.client.workflow.getHandle(root).describe()),
    ({ raw }) => !raw.pendingWorkflowTask,
  );
  const { rows } = await db.pool.query("select version from executions where id = $1", [root]);
  const late = queuedNode(1, { nodeId: "hold", blockId: gate.blockId, inputs: { in: "late" } });
  const events = [{ type: "node.queued", executionId: root, nodeExecutionId: late.id }];
  await commitStep(db, root, [
    unit(root, rows[0].version, {
      inserts: [late],
      events,
      execution: { open: 1, waiting: 0, failed: 0, unhandled: 0 },
    }),
  ]);
  expect(gate.inside()).toEqual([]);
  expect(await auditOf(engine, { ...atOnce, lostMs: 60_000 }).find()).toEqual([]);
  await db.pool.query(
    "insert into holds (execution_id, root_id, seq, requested_by, created_at) values ($1, $1, 1, 'ada', now())",
    [root],
  );
  expect(await auditOf(engine).find()).toEqual([]); // held: it is meant to wait
  await db.pool.query("delete from holds");
  expect(await auditOf(engine).repairAll()).toEqual([{ kind: "nodes_stalled", executionId: root, action: "poke" }]);
  await until(gate.inside, (inside) => inside.length === 1);
  gate.open();
  await engine.stop(root);
  expect(await faultsOf(db)).toEqual([]);
});

describe("an open workflow whose record has ended", () => {
  async function setupEnded() {
    const bundle = await setup();
    const { db, root, client, taskQueue } = bundle;
    const handle = await client.workflow.start("execution", {
      workflowId: root,
      taskQueue,
      args: [{ executionId: root }],
    });
    const { stopId } = await fence(db, root);
    await settleFenced(db, stopId, []);
    await db.pool.query("update stops set status = 'CLOSED', outcome = 'stopped'");
    await db.pool.query("delete from outbox");
    return { ...bundle, handle };
  }

  test("is told to look, and terminated when that has changed nothing for a minute", async () => {
    await using bundle = await setupEnded();
    const { db, root, handle } = bundle;
    const audit = auditOf(bundle);
    const isListed = (orphans: readonly unknown[]) => orphans.length > 0; // visibility follows the start by a moment
    expect(await until(() => audit.find(), isListed)).toMatchObject([
      { kind: "record_ended", repair: { action: "poke" } },
    ]);
    await audit.repairAll();
    expect(await outboxOf(bundle)).toEqual([{ kind: "poke", subject: root }]);
    await db.pool.query("update executions set ended_at = ended_at - interval '61 seconds'");
    expect(await audit.repairAll()).toEqual([{ kind: "record_ended", executionId: root, action: "terminate" }]);
    expect((await handle.describe()).status.name).toBe("TERMINATED");
    expect(
      await until(
        () => audit.find(),
        (orphans) => orphans.length === 0,
      ),
    ).toEqual([]);
  });

  test("is left alone for a moment: it closes after its record", async () => {
    await using bundle = await setupEnded();
    const audit = auditOf(bundle, { ...atOnce, closingMs: 60_000 });
    await until(
      () => auditOf(bundle).find(),
      (orphans) => orphans.length > 0,
    );
    expect(await audit.find()).toEqual([]);
    await bundle.handle.terminate();
  });
});

test("a round asks about 100 executions at most, and the rounds reach all", async () => {
  await using bundle = await setup();
  const { db, graph, root } = bundle;
  await commitStep(db, root, [beginWithChildren(root, graph, 240).unit]);
  for (let index = 0; index < 9; index++) await startGraph(db, graph);
  const seen: number[] = [];
  const audit = auditOf(bundle);
  let place = firstPlace;
  for (let rounds = 0; rounds < 3; rounds++) {
    const before = audit.described();
    const round = await audit.round(place);
    seen.push(audit.described() - before);
    place = round.next;
    expect(round.done).toBe(rounds === 2);
  }
  expect(seen.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(250);
  expect(Math.max(...seen)).toBeLessThanOrEqual(101); // one more for the root of a page that does not hold it
});

test("what Temporal has ended lately is found in the first round, wherever it stands among all that is live", async () => {
  await using bundle = await setup();
  const { db, graph, client, taskQueue } = bundle;
  const others = await Promise.all(Array.from({ length: 120 }, () => startGraph(db, graph)));
  const last = String(others.toSorted().at(-1));
  const handle = await client.workflow.start("execution", {
    workflowId: last,
    taskQueue,
    args: [{ executionId: last }],
  });
  const audit = auditOf(bundle, { ...atOnce, lostMs: 60_000 });
  expect(await audit.find()).toEqual([]);
  await handle.terminate();
  const found = await until(
    () => audit.find(),
    (orphans) => orphans.length > 0,
  );
  expect(found).toMatchObject([{ kind: "workflow_ended", executionId: last }]);
});

test("one worker audits at a time; another takes over when it leaves or its time is up", async () => {
  await using bundle = await setup();
  const { db } = bundle;
  const [first, second] = ["01a1fde5-ee5e-7309-be33-0375d4e0efd1", "01a1fde5-ee5e-7309-be33-0375d4e0efd2"] as const;
  expect(await Promise.all([holdAudit(db, first, 60_000), holdAudit(db, first, 60_000)])).toEqual([true, true]);
  expect(await holdAudit(db, second, 60_000)).toBe(false);
  await releaseAudit(db, first);
  expect(await holdAudit(db, second, 0)).toBe(true);
  expect(await holdAudit(db, first, 60_000)).toBe(true);
  expect(await holdAudit(db, second, 60_000)).toBe(false);
});
