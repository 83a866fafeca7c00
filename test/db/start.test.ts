import { isDuplicate } from "../../db/errors";
import { startTree } from "../../db/start";
import { readHead, takeOver } from "../../db/state";
import { commitStep } from "../../db/step";
import { begin, newExecutionId, ownerId, startGraph } from "../support/factory";
import { faultsOf, readAll } from "../support/record";
import { testTree } from "../support/tree";

const setup = testTree;

describe("a start", () => {
  test("records tree, root, event and outbox row together", async () => {
    await using tree = await setup();
    const recorded = await readAll(tree.db);
    expect(recorded["trees"]).toMatchObject([{ root_id: tree.root, seq: 1, executions: 1, live_executions: 1 }]);
    expect(recorded["executions"]).toMatchObject([
      { id: tree.root, root_id: tree.root, status: "QUEUED", depth: 0, ancestors: [], version: 0, created_seq: 1 },
    ]);
    expect(recorded["events"]).toMatchObject([{ seq: 1, type: "execution.queued", execution_id: tree.root }]);
    const { rows } = await tree.db.pool.query("select kind, subject_id from outbox");
    expect(rows).toEqual([{ kind: "start", subject_id: tree.root }]);
    expect(await faultsOf(tree.db)).toEqual([]);
  });

  test("records nothing where it cannot be: the graph is not there, or the id is taken", async () => {
    await using tree = await setup();
    const before = await readAll(tree.db);
    const start = { ownerId, actor: ownerId, inputs: {}, limits: {}, budget: null, priority: 3, labels: {} };
    const graph = { graphId: tree.graph.id, graphVersion: tree.graph.version };
    const unknown = { ...start, id: newExecutionId(), graphId: tree.graph.id, graphVersion: 7 };
    await expect(startTree(tree.db, unknown)).rejects.toMatchObject({ code: "23503" });
    const error: unknown = await startTree(tree.db, { ...start, ...graph, id: tree.root }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isDuplicate(error)).toBe(true);
    await tree.db.pool.query(
      `insert into graphs (id, version, owner_id, name, description, definition, input_schema, output_schema, sub_graphs, content_hash)
         select id, 2, owner_id, name, description, definition, input_schema, output_schema, sub_graphs, content_hash from graphs where id = $1`,
      [tree.graph.id],
    );
    expect(await startTree(tree.db, { ...start, ...graph, id: newExecutionId(), ifNewest: true })).toBe(false);
    expect(await readAll(tree.db)).toEqual(before);
  });

  test("keeps what it was given", async () => {
    await using tree = await setup();
    const limits = { depth: 3, runTime: "1h" };
    const id = await startGraph(tree.db, tree.graph, {
      inputs: { b: 1, a: 2 },
      limits,
      budget: 12,
      priority: 1,
      labels: { team: "blue" },
      actor: "bob",
    });
    const { rows } = await tree.db.pool.query(
      "select inputs, limits, budget::int, priority, labels, actor, owner_id from executions where id = $1",
      [id],
    );
    expect(rows).toEqual([
      {
        inputs: { b: 1, a: 2 },
        limits,
        budget: 12,
        priority: 1,
        labels: { team: "blue" },
        actor: "bob",
        owner_id: ownerId,
      },
    ]);
  });
});

describe("who carries an execution on", () => {
  test("is handed from a dead chain of runs to one new one", async () => {
    await using tree = await setup();
    const execution = { open: 0, waiting: 0, failed: 0, unhandled: 0, firstRunId: "first" };
    await commitStep(tree.db, tree.root, [begin(tree.root, { execution })]);
    const takers = await Promise.all(["a", "b", "c"].map((run) => takeOver(tree.db, tree.root, "first", run)));
    expect(takers.filter(Boolean)).toHaveLength(1);
    const head = await readHead(tree.db, tree.root);
    expect(head?.firstRunId).toBe(["a", "b", "c"][takers.indexOf(true)]);
  });
});
