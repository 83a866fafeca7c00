import fc from "fast-check";
import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readTree } from "../../db/execution-tree";
import { readExecution } from "../../db/executions";
import { startNodes } from "../../db/nodes";
import type { BudgetStop } from "../../db/self-stop";
import { readHead } from "../../db/state";
import { commitStep } from "../../db/step";
import { settleFenced } from "../../db/stops";
import { estimateOf, type Cost } from "../../graph/cost";
import type { GraphDraft } from "../../graph/definition";
import { parseStopId, type ExecutionId, type NodeExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import {
  begin,
  beginWithChildren,
  beginWithNodes,
  completed,
  queuedNode,
  fence,
  ownerId,
  saveGraph,
  startGraph,
  unit,
} from "../support/factory";
import { createPriced } from "../support/priced";
import { faultsOf } from "../support/record";
import { testTree } from "../support/tree";
import { draft, node } from "../unit/graph/fixtures";

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });

/** Starts graphs with a budget and moves them on without Temporal; what they run into fences them, `settle` ends what is fenced. */
async function setup(cost?: Cost) {
  const { url } = await testDatabase();
  const db = connect(url, { max: 12 });
  const priced = createPriced(cost);
  const blocks = createRegistry(priced.blocks);
  const catalog = catalogOf(blocks);
  const advance = createAdvance({ db, blocks, definitions: createDefinitions(db, catalog), wake: () => {} });
  const estimates = Object.fromEntries([...catalog.values()].map((block) => [block.id, estimateOf(block.cost)]));
  const rows = async <Row extends object>(text: string, values: unknown[] = []) =>
    (await db.pool.query<Row>(text, values)).rows;

  async function begin(id: ExecutionId): Promise<void> {
    const head = await readHead(db, id);
    if (!head) throw new Error("no execution");
    const { work } = await advance.begin(head, `run of ${id}`);
    for (const one of work) if (one.kind === "child") await begin(one.executionId);
    if (work.some((one) => one.kind === "child")) await advance.outstanding(id, []);
  }
  /** A remote node's start and result, as its activity has them. */
  async function act(executionId: ExecutionId, id: NodeExecutionId): Promise<void> {
    const { rootId } = (await readHead(db, executionId)) ?? {};
    const [started] = await startNodes(db, rootId ?? executionId, [{ id, hostId: null }], estimates);
    if (started?.because !== null) return;
    const { attempt, inputs } = started;
    const used = { units: typeof inputs["in"] === "number" ? inputs["in"] : 0 };
    const emissions = [{ pin: "out", value: inputs["in"] ?? null }];
    const result = { kind: "finished", id, attempt, status: "COMPLETED", endReason: "finished", emissions } as const;
    await advance.record(executionId, { ...result, error: null, used });
  }
  return {
    ...{ db, priced, act },
    async start(graph: GraphDraft, budget: number | null): Promise<ExecutionId> {
      const root = await startGraph(db, await saveGraph(db, graph, catalog), { inputs: { x: 1 }, budget });
      await begin(root);
      return root;
    },
    /** All its remote nodes, side by side, until none is left or may start. */
    async actAll(root: ExecutionId): Promise<void> {
      for (;;) {
        const queued = await rows<{ id: NodeExecutionId; executionId: ExecutionId }>(
          `select n.id, n.execution_id as "executionId" from node_executions n join executions e on e.id = n.execution_id
            where n.root_id = $1 and n.status = 'QUEUED' and n.placement = 'remote'
              and not exists (select 1 from path_fence($1, e.id, e.ancestors))`,
          [root],
        );
        if (queued.length === 0) return void (await advance.outstanding(root, []));
        await Promise.all(queued.map(({ executionId, id }) => act(executionId, id)));
      }
    },
    async read(id: ExecutionId) {
      const found = await readExecution(db, ownerId, id, []);
      if (!found) throw new Error(`no execution ${id}`);
      return found;
    },
    /** Whose code runs has ended: a late result is no result. */
    async settle(): Promise<void> {
      const running = await rows<{ id: NodeExecutionId }>("select id from node_executions where status = 'RUNNING'");
      const over = running.map(({ id }) => id);
      for (const { id } of await rows<{ id: string }>("select id from stops where status = 'STOPPING'"))
        while (!(await settleFenced(db, parseStopId(id), over)).quiesced);
    },
    events: async (root: ExecutionId, type: string) =>
      (
        await rows<{ data: unknown }>("select data from events where root_id = $1 and type = $2 order by seq", [
          root,
          type,
        ])
      ).map(({ data }) => data),
    childrenOf: async (root: ExecutionId) =>
      (await rows<{ id: ExecutionId }>("select id from executions where parent_id = $1 order by id", [root])).map(
        ({ id }) => id,
      ),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

describe("a charge", () => {
  test("is booked with the result, and shown of the node execution, the execution and the tree", async () => {
    await using engine = await setup([{ per: "run", credits: 2 }, { per: "units", credits: 3 }]); // prettier-ignore
    const { remote, inline } = engine.priced;
    const inner: GraphDraft = { id: "inner", ...draft([inline("in", { in: 1 })], []) };
    const graph = draft([remote("far", { in: 4 }), node("run", "AgentExecutor", { graphId: "inner" })], [], {
      subGraphs: [inner],
    });
    const root = await engine.start(graph, null);
    await engine.actAll(root);
    expect(await engine.read(root)).toMatchObject({ status: "COMPLETED", charge: 14, tree: { charge: 16 } });
    const tree = await readTree(engine.db, ownerId, root, { depth: 3, limit: 10 }, []);
    expect(tree).toMatchObject([{ totals: { charge: 16 } }, { charge: 2, totals: { charge: 2 } }]);
    expect(await engine.events(root, "charge.booked")).toEqual([
      { nodeId: "in", charge: 2 },
      { nodeId: "far", charge: 14 },
    ]);
    expect(await engine.events(root, "node.completed")).toContainEqual({ nodeId: "far", charge: 14 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is refused with its step under a fence, also one that lets what runs finish", async () => {
    await using tree = await testTree();
    const { unit: first, ids } = beginWithNodes(tree.root, 1);
    const [id] = ids as [NodeExecutionId];
    await commitStep(tree.db, tree.root, [first]);
    await startNodes(tree.db, tree.root, [{ id, hostId: null }]);
    await fence(tree.db, tree.root, { cascade: false });
    const events = [{ type: "node.completed", executionId: tree.root, nodeExecutionId: id }];
    const execution = { open: -1, waiting: 0, failed: 0, unhandled: 0 };
    const settle = { kind: "settle", updates: [completed(id, 1)], events, execution } as const;
    const charged = { ...settle, updates: [completed(id, 1, { charge: 3 })], execution: { ...execution, charge: 3 } };
    expect(await commitStep(tree.db, tree.root, [unit(tree.root, 1, charged)])).toEqual(["fenced"]);
    expect(await commitStep(tree.db, tree.root, [unit(tree.root, 1, settle)])).toEqual([null]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is not booked where a `self` fence keeps the result", async () => {
    await using engine = await setup();
    const root = await engine.start(draft([engine.priced.remote("far")], []), 5);
    const [{ id } = { id: "" }] = (await engine.db.pool.query<{ id: string }>("select id from node_executions")).rows;
    const started = startNodes(engine.db, root, [{ id: id as NodeExecutionId, hostId: null }]);
    expect(await started).toMatchObject([{ because: null }]);
    await fence(engine.db, root, { cascade: false });
    await engine.db.pool.query("update node_executions set status = 'QUEUED'"); // so that `act` may finish it
    await engine.act(root, id as NodeExecutionId);
    expect(await engine.read(root)).toMatchObject({ charge: 0 });
  });
});

describe("a budget", () => {
  const loop = (engine: Awaited<ReturnType<typeof setup>>): GraphDraft =>
    draft([input, engine.priced.inline("pay")], ["x.result -> pay.in", "pay.out -> pay.in"]);

  test("is spent to the last credit by a loop, and what would pass it ends the execution as a stop", async () => {
    await using engine = await setup();
    const root = await engine.start(loop(engine), 10);
    expect(await engine.read(root)).toMatchObject({ status: "RUNNING", charge: 10 });
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({
      ...{ status: "FAILED", endReason: "budget_exhausted", charge: 10 },
      error: {
        ...{ code: "budget_exhausted", nodes: ["pay"] },
        message: 'budget: this tree may cost 10, 10 is charged, and node "pay" needs 1',
      },
    });
    expect(await engine.events(root, "budget.warning")).toEqual([{ budget: 10, charge: 10 }]);
    const exhausted = { budget: 10, charge: 10, reserved: 0, wanted: 1, executionId: root, nodeId: "pay" };
    expect(await engine.events(root, "budget.exhausted")).toEqual([exhausted]);
    expect(await engine.events(root, "stop.requested")).toMatchObject([{ cause: "budget" }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is warned of once, in the step that reaches 80 %", async () => {
    await using engine = await setup();
    const { remote } = engine.priced;
    const graph = draft([remote("a"), remote("b"), remote("c")], ["a.out -> b.in", "b.out -> c.in"]);
    const root = await engine.start(graph, 3);
    await engine.actAll(root);
    expect(await engine.events(root, "budget.warning")).toEqual([{ budget: 3, charge: 3 }]);
    const roomy = await engine.start(graph, 4);
    await engine.actAll(roomy);
    expect(await engine.events(roomy, "budget.warning")).toEqual([]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("that is spent exactly lets go on what costs nothing, and so does one of 0", async () => {
    await using engine = await setup();
    const graph = draft([input, engine.priced.inline("pay"), output], ["x.result -> pay.in", "pay.out -> y.value"]);
    expect(await engine.read(await engine.start(graph, 1))).toMatchObject({ status: "COMPLETED", charge: 1 });
    const free = draft([input, output], ["x.result -> y.value"]);
    expect(await engine.read(await engine.start(free, 0))).toMatchObject({ status: "COMPLETED" });
  });

  test("ends the root where a nested graph uses it up", async () => {
    await using engine = await setup();
    const graph = draft([input, node("run", "AgentExecutor", { graphId: "inner" })], ["x.result -> run.x"], {
      subGraphs: [{ id: "inner", ...loop(engine) }],
    });
    const root = await engine.start(graph, 4);
    const [child] = await engine.childrenOf(root);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ endReason: "budget_exhausted", charge: 0, tree: { charge: 4 } });
    expect(await engine.read(child ?? root)).toMatchObject({ endReason: "parent_stopped", charge: 4 });
    expect(await engine.events(root, "budget.exhausted")).toMatchObject([{ executionId: child }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("that a result passes is booked in full, and closed, though nothing else was left to do", async () => {
    await using engine = await setup([{ per: "units", credits: 1 }]);
    const root = await engine.start(draft([engine.priced.remote("far", { in: 50 })], []), 20);
    await engine.actAll(root);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ endReason: "budget_exhausted", charge: 50 });
    expect(await engine.events(root, "budget.exhausted")).toMatchObject([{ charge: 50, wanted: 0 }]);
    expect(await engine.events(root, "budget.warning")).toEqual([{ budget: 20, charge: 50 }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("that a result passes on a pause ends the execution too", async () => {
    await using engine = await setup([{ per: "units", credits: 1 }]);
    const root = await engine.start(draft([engine.priced.remote("far", { in: 50 })], []), 20);
    const { rows } = await engine.db.pool.query<{ id: NodeExecutionId }>("select id from node_executions");
    const [id] = rows.map((row) => row.id);
    if (!id) throw new Error("no node");
    await engine.db.pool.query(
      `create function pause() returns trigger language plpgsql as $$ begin
         insert into holds (execution_id, root_id, requested_by, seq, created_at) select id, root_id, 'ada', 1, now() from executions;
         return new; end $$;
       create trigger pause after update on node_executions for each row when (new.status = 'RUNNING') execute function pause()`,
    );
    await engine.act(root, id);
    await engine.settle();
    expect(await engine.read(root)).toMatchObject({ endReason: "budget_exhausted", charge: 50 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

describe("what runs side by side", () => {
  test("is admitted only as far as the budget reaches, whatever the order", async () => {
    await using tree = await testTree();
    await tree.db.pool.query("update executions set budget = 10");
    const { unit: first, ids } = beginWithNodes(tree.root, 8, { blockId: "far" });
    await commitStep(tree.db, tree.root, [first]);
    const starts = await Promise.all(
      ids.map((id) => startNodes(tree.db, tree.root, [{ id, hostId: null }], { far: 3 })),
    );
    const started = starts.flat().filter(({ because }) => because === null);
    expect(started).toHaveLength(3);
    expect(starts.flat().filter((start) => start.because === "fenced" && start.exhausted)).toHaveLength(1);
    const stops = await tree.db.pool.query("select cause, execution_id from stops");
    expect(stops.rows).toEqual([{ cause: "budget", execution_id: tree.root }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("is admitted in order of one call, and a further attempt has its place", async () => {
    await using tree = await testTree();
    await tree.db.pool.query("update executions set budget = 7");
    const { unit: first, ids } = beginWithNodes(tree.root, 4, { blockId: "far" });
    await commitStep(tree.db, tree.root, [first]);
    const start = (...some: NodeExecutionId[]) =>
      startNodes(
        tree.db,
        tree.root,
        some.map((id) => ({ id, hostId: null })),
        { far: 3 },
      );
    const [a, b, c, d] = ids as [NodeExecutionId, NodeExecutionId, NodeExecutionId, NodeExecutionId];
    expect(await start(a, b)).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
    expect(await start(a)).toMatchObject([{ because: null, attempt: 2 }]);
    expect(await start(c, d)).toMatchObject([{ exhausted: true }, { exhausted: true }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("plans again where others have charged since: in one transaction, in two, and beside what is reserved", async () => {
    await using tree = await testTree();
    await tree.db.pool.query("update executions set budget = 20");
    const { unit: first, ids } = beginWithChildren(tree.root, tree.graph, 5);
    const [a, b, c, d, e] = ids as [ExecutionId, ExecutionId, ExecutionId, ExecutionId, ExecutionId];
    expect(await commitStep(tree.db, tree.root, [first])).toEqual([null]);
    const { unit: far, ids: remote } = beginWithNodes(e, 1, { blockId: "far" });
    expect(await commitStep(tree.db, tree.root, [far])).toEqual([null]);
    const run = { status: "COMPLETED", endReason: "finished", closed: true, placement: "inline", started: 2, ended: 2 } as const; // prettier-ignore
    const paying = (id: ExecutionId, charge: number, stop?: BudgetStop) => {
      const node = queuedNode(2, { ...run, charge });
      const events = [{ type: "charge.booked", executionId: id, nodeExecutionId: node.id, data: { charge } }];
      const execution = { open: 0, waiting: 0, failed: 0, unhandled: 0, charge, spends: true };
      return begin(id, { inserts: [node], events, execution, ...(stop ? { stop } : {}) });
    };
    expect(await commitStep(tree.db, tree.root, [paying(a, 8), paying(b, 13)])).toEqual([null, "limit"]);
    const both = await Promise.all([b, c].map((id) => commitStep(tree.db, tree.root, [paying(id, 8)])));
    expect(both.flat().toSorted()).toEqual(["limit", null].toSorted());
    const started = await startNodes(tree.db, tree.root, remote.map((id) => ({ id, hostId: null })), { far: 3 }); // prettier-ignore
    expect(started).toMatchObject([{ because: null }]);
    expect(await commitStep(tree.db, tree.root, [paying(d, 2)])).toEqual(["limit"]); // 16 and 3, and 2 more
    expect(await commitStep(tree.db, tree.root, [paying(d, 1)])).toEqual([null]);
    const [left] = both[0]?.[0] === null ? [c] : [b];
    if (!left) throw new Error("both were written");
    // A plan that knows may pass it, and ends the tree.
    const stop = { cause: "budget", nodeId: "n", wanted: 0 } as const;
    expect(await commitStep(tree.db, tree.root, [paying(left, 9, stop)])).toEqual([null]);
    const { rows } = await tree.db.pool.query("select execution_id, cause from stops");
    expect(rows).toEqual([{ execution_id: tree.root, cause: "budget" }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("charges no more than the budget where a run's price is known, and all of it is on the ledger", async () => {
    await using engine = await setup([{ per: "run", credits: 2 }]);
    const { remote, inline } = engine.priced;
    const branch = (id: string) => [remote(`${id}-far`), inline(`${id}-near`)];
    const links = (id: string) => [`${id}-far.out -> ${id}-near.in`];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(24),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        async (budget, wide, nested) => {
          // prettier-ignore
          const ids = Array.from({ length: wide }, (_, index) => `b${index}`);
          const level = { nodes: ids.flatMap(branch), links: ids.flatMap(links) };
          const inner: GraphDraft = { id: "inner", ...draft(level.nodes, level.links) };
          const runs = Array.from({ length: nested }, (_, index) => node(`run${index}`, "AgentExecutor", { graphId: "inner" })); // prettier-ignore
          const graph = draft([...level.nodes, ...runs], level.links, { subGraphs: [inner] });
          const root = await engine.start(graph, budget);
          await engine.actAll(root);
          await engine.settle();
          const asked = (1 + nested) * wide * 4;
          const { tree, endReason } = await engine.read(root);
          expect(tree.charge).toBeLessThanOrEqual(budget);
          if (asked > budget) expect(endReason).toBe("budget_exhausted");
          else expect({ endReason, charge: tree.charge }).toEqual({ endReason: "finished", charge: asked });
        },
      ),
      { numRuns: 10, seed: 7 },
    );
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("never passes the budget unseen where only the result tells the price", async () => {
    await using engine = await setup([{ per: "units", credits: 1 }]);
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), async (budget, prices) => {
        const nodes = prices.map((price, index) => engine.priced.remote(`n${index}`, { in: price }));
        const root = await engine.start(draft(nodes, []), budget);
        await engine.actAll(root);
        await engine.settle();
        const { tree, endReason } = await engine.read(root);
        const total = prices.reduce((sum, price) => sum + price, 0);
        expect(endReason === "finished" ? tree.charge : total).toBe(total);
        expect(endReason === "budget_exhausted" || tree.charge <= budget).toBe(true);
      }),
      { numRuns: 10, seed: 7 },
    );
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
