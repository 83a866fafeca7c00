import { Client } from "pg";
import { uuidv7 } from "uuidv7";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import type { Result } from "../../activities/result";
import { catalog } from "../../blocks/catalog";
import { createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { startNodes } from "../../db/nodes";
import { readHead } from "../../db/state";
import { commitStep } from "../../db/step";
import { openFence } from "../../db/stops";
import type { NodeExecutionId } from "../../graph/ids";
import type { Json } from "../../graph/json";
import { begin, beginWithChildren, beginWithNodes, fenceRequest, saveGraph, startGraph } from "../support/factory";
import { countLockWaiters, countNodes, faultsOf, readAll } from "../support/record";
import { testTree } from "../support/tree";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const setup = testTree;
type Tree = Awaited<ReturnType<typeof setup>>;

/** Does something while another session holds the tree's row and has opened a fence; the fence commits once `act` waits. */
async function whileFenceCommits<Answer>({ url, db, root }: Tree, act: () => Promise<Answer>): Promise<Answer> {
  const other = new Client({ connectionString: url });
  await other.connect();
  try {
    await other.query("begin");
    const request = { ...fenceRequest, executionId: root, stopId: uuidv7() };
    await other.query("select open_fence($1)", [JSON.stringify(request)]);
    const answer = act();
    await until(
      () => countLockWaiters(db),
      (waiting) => waiting === 1,
    );
    await other.query("commit");
    return await answer;
  } finally {
    await other.end();
  }
}

describe("a fence that commits while a step waits for the tree", () => {
  test("refuses the step", async () => {
    await using tree = await setup();
    expect(await whileFenceCommits(tree, () => commitStep(tree.db, tree.root, [begin(tree.root)]))).toEqual(["fenced"]);
    const { rows } = await tree.db.pool.query("select status, version from executions");
    expect(rows).toEqual([{ status: "QUEUED", version: 0 }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("refuses the start of a node's attempt", async () => {
    await using tree = await setup();
    const { unit: first, ids } = beginWithNodes(tree.root, 1);
    await commitStep(tree.db, tree.root, [first]);
    const [start] = await whileFenceCommits(tree, () =>
      startNodes(
        tree.db,
        tree.root,
        ids.map((id) => ({ id, hostId: null })),
      ),
    );
    expect(start).toMatchObject({ because: "fenced" });
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  /** What commit_step must not become. In each, one statement takes the lock and looks for the fence. */
  const fused = {
    "a lock and a look in one query": `
      with tree as (select root_id from trees where root_id = $1 for no key update)
      select 1 from tree where not exists (select 1 from fences f where f.root_id = $1)`,
    "a lock that is joined with the fences": `
      select 1 from trees t left join fences f on f.root_id = t.root_id
       where t.root_id = $1 and f.root_id is null for no key update of t`,
    "a guarded update": `
      update trees t set executions = t.executions where t.root_id = $1
        and not exists (select 1 from fences f where f.root_id = t.root_id) returning 1`,
  };
  test.each(Object.entries(fused))("is walked through by %s", async (_name, query) => {
    await using tree = await setup();
    const passed = await whileFenceCommits(tree, () => tree.db.pool.query(query, [tree.root]));
    expect(passed.rows).toHaveLength(1);
    const later = await tree.db.pool.query(query, [tree.root]);
    expect(later.rows).toHaveLength(0); // it does look: on its old snapshot
  });

  test("holds no step of another tree up", async () => {
    await using tree = await setup();
    const other = await startGraph(tree.db, tree.graph);
    const verdicts: unknown[] = [];
    await whileFenceCommits(tree, async () => {
      const waiting = commitStep(tree.db, tree.root, [begin(tree.root)]);
      verdicts.push(await commitStep(tree.db, other, [begin(other)]));
      return waiting;
    });
    expect(verdicts).toEqual([[null]]);
  });
});

describe("concurrent steps on one tree", () => {
  test("are all written, numbered without gaps", async () => {
    await using tree = await setup();
    const { db, root, graph } = tree;
    const { unit: first, ids } = beginWithChildren(root, graph, 8);
    await commitStep(db, root, [first]);
    const verdicts = await Promise.all(ids.map((id) => commitStep(db, root, [beginWithNodes(id, 5).unit])));
    expect(verdicts).toEqual(ids.map(() => [null]));
    expect(await faultsOf(db)).toEqual([]);
    const { rows } = await db.pool.query("select node_executions::int as nodes, seq::int from trees");
    expect(rows).toEqual([{ nodes: 8 + 8 * 5, seq: 1 + 25 + 8 * 6 }]);
  });

  test("on one execution are written one by one: of two plans on the same version one is refused", async () => {
    await using tree = await setup();
    const { db, root } = tree;
    const plans = [beginWithNodes(root, 3), beginWithNodes(root, 3)];
    const verdicts = await Promise.all(plans.map((plan) => commitStep(db, root, [plan.unit])));
    expect(verdicts.flat().sort()).toEqual([null, "version"].sort());
    expect(await faultsOf(db)).toEqual([]);
    expect(await db.pool.query("select 1 from node_executions")).toMatchObject({ rowCount: 3 });
  });
});

/** A graph in which two remote nodes each feed half of a third one. */
const halves = draft(
  [
    node("a", "SendWebRequest", { url: "http://a.test" }),
    node("b", "SendWebRequest", { url: "http://b.test" }),
    node("both", "AddToList"),
  ],
  ["a.response -> both.list", "b.response -> both.entry"],
);

describe("two processes", () => {
  /** The advance of a process of its own, with its own connections. */
  function openProcess(url: string) {
    const db = connect(url, { max: 2 });
    const blocks = createRegistry();
    const definitions = createDefinitions(db, catalog);
    return { db, advance: createAdvance({ db, blocks, definitions, wake: () => {} }) };
  }

  async function setupHalves() {
    const tree = await setup();
    const processes = [openProcess(tree.url), openProcess(tree.url)] as const;
    const root = await startGraph(tree.db, await saveGraph(tree.db, halves));
    const head = await readHead(tree.db, root);
    if (!head) throw new Error("no execution");
    const answer = await processes[0].advance.begin(head, "run");
    const [a, b] = answer.work.map(({ id }) => id);
    if (!a || !b) throw new Error("two nodes should be ready");
    await startNodes(
      tree.db,
      root,
      [a, b].map((id) => ({ id, hostId: null })),
    );
    const finished = (id: NodeExecutionId, value: Json): Result => {
      const emissions = [{ pin: "response", value }];
      return { kind: "finished", id, attempt: 1, status: "COMPLETED", endReason: "finished", emissions, error: null };
    };
    return {
      ...tree,
      root,
      processes,
      results: [finished(a, ["from a"]), finished(b, "from b")] as const,
      async [Symbol.asyncDispose]() {
        for (const { db } of processes) await db.close();
        await tree.db.close();
      },
    };
  }

  test("that each feed half of a node on the same version lose nothing", async () => {
    await using bundle = await setupHalves();
    const { db, url, root, processes, results } = bundle;
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query("begin");
    await holder.query("select 1 from trees where root_id = $1 for no key update", [root]);
    const answers = Promise.all(processes.map(({ advance }, i) => advance.record(root, results[i] ?? null)));
    // Both have planned and wait to write: whoever comes second was planned on a version that is gone.
    await until(
      () => countLockWaiters(db),
      (waiting) => waiting === 2,
    );
    await holder.query("commit");
    await holder.end();
    expect((await answers).map(({ answer }) => answer.state).sort()).toEqual(["ended", "live"]);
    expect(await countNodes(db, root)).toEqual({ "a COMPLETED": 1, "b COMPLETED": 1, "both COMPLETED": 1 });
    const { rows } = await db.pool.query("select value from outputs where pin = 'updated_list'");
    expect(rows).toEqual([{ value: ["from a", "from b"] }]);
    expect(await faultsOf(db)).toEqual([]);
  });

  test("that record the same result write it once", async () => {
    await using bundle = await setupHalves();
    const { db, root, processes, results } = bundle;
    const [result] = results;
    await Promise.all(processes.map(({ advance }) => advance.record(root, result)));
    expect(await countNodes(db, root)).toMatchObject({ "a COMPLETED": 1, "both INCOMPLETE": 1 });
    const before = await readAll(db);
    const again = await processes[0].advance.record(root, result);
    expect(again.answer).toMatchObject({ state: "live", more: true }); // it does not count: the asker looks at all that is outstanding
    expect(await readAll(db)).toEqual(before);
    expect(await faultsOf(db)).toEqual([]);
  });
});

test("a fence goes before the steps that queue for its tree: at most the one that stands first is written", async () => {
  await using tree = await setup();
  const { unit: first, ids } = beginWithNodes(tree.root, 6);
  await commitStep(tree.db, tree.root, [first]);
  const other = new Client({ connectionString: tree.url });
  await other.connect();
  await other.query("begin");
  await other.query("select 1 from trees for no key update");
  const waiting = (count: number) =>
    until(
      () => countLockWaiters(tree.db),
      (now) => now === count,
    );
  const starts = ids.map((id) => startNodes(tree.db, tree.root, [{ id, hostId: null }]));
  await waiting(6);
  const fenced = openFence(tree.db, { ...fenceRequest, executionId: tree.root });
  await waiting(7);
  await other.query("commit");
  await other.end();
  expect(await fenced).toMatchObject({ opened: true });
  const started = (await Promise.all(starts)).flat().filter(({ because }) => because === null);
  expect(started.length).toBeLessThanOrEqual(1);
  expect(await faultsOf(tree.db)).toEqual([]);
});
