import { createAdvance } from "../../activities/advance";
import { createDefinitions } from "../../activities/graphs";
import { catalog } from "../../blocks/catalog";
import { createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readHead } from "../../db/state";
import type { GraphDraft } from "../../graph/definition";
import type { JsonObject } from "../../graph/json";
import type { Answer } from "../../workflows/messages";
import { saveGraph, startGraph } from "../support/factory";
import { testDatabase } from "../support/database";
import { countNodes, faultsOf } from "../support/record";
import { draft, node } from "../unit/graph/fixtures";

/** An execution of the graph, begun; `goOn` asks what is outstanding, as a workflow does. */
async function setup(graph: GraphDraft, inputs: JsonObject = {}) {
  const db = connect((await testDatabase()).url, { max: 4 });
  const blocks = createRegistry();
  const woken: string[] = [];
  const definitions = createDefinitions(db, catalog);
  const advance = createAdvance({ db, blocks, definitions, wake: (wake) => void woken.push(wake) });
  const root = await startGraph(db, await saveGraph(db, graph), { inputs });
  const head = await readHead(db, root);
  if (!head) throw new Error("no execution");
  const begun = await advance.begin(head, "run");
  async function askAgainWhileThereIsMore(): Promise<Answer[]> {
    const answers = [begun];
    while (answers.at(-1)?.more && answers.length < 50) answers.push(await advance.outstanding(root, []));
    return answers;
  }
  return { db, advance, root, begun, woken, askAgainWhileThereIsMore, [Symbol.asyncDispose]: () => db.close() };
}

const items = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("a fan-out of inline nodes beyond what one segment takes", () => {
  test("goes on as long as there is more, and ends with every value in its order", async () => {
    const graph = draft(
      [
        node("list", "AgentInput", { name: "list" }),
        node("each", "StepThroughItems"),
        node("store", "StoreValue"),
        node("out", "AgentOutput", { name: "item" }),
      ],
      ["list.result -> each.items", "each.item -> store.input", "store.output -> out.value"],
    );
    await using run = await setup(graph, { list: items(2_500) });
    expect(run.begun).toMatchObject({ state: "live", more: true, work: [] });
    const answers = await run.askAgainWhileThereIsMore();
    expect(answers.at(-1)).toMatchObject({ state: "ended", status: "COMPLETED", more: false });
    expect(await countNodes(run.db, run.root)).toEqual({
      "each COMPLETED": 1,
      "list COMPLETED": 1,
      "out COMPLETED": 2_500,
      "store COMPLETED": 2_500,
    });
    const { rows } = await run.db.pool.query(
      `select json_agg(o.value order by n.queued_seq) as values from node_executions n
         join outputs o on o.node_execution_id = n.id and o.pin = 'output' where n.node_id = 'out'`,
    );
    expect(rows[0].values).toEqual(items(2_500));
    expect(await faultsOf(run.db)).toEqual([]);
    expect(run.woken).toContain(run.root);
  });
});

describe("nested graphs beyond the window of an execution", () => {
  /** One nested graph for each item. */
  const fanOut = draft(
    [
      node("list", "AgentInput", { name: "list" }),
      node("each", "StepThroughItems"),
      { ...node("run", "AgentExecutor", { graphId: "inner" }), ordered: false },
      node("failed", "AgentOutput", { name: "failed" }),
    ],
    ["list.result -> each.items", "each.item -> run.x", "run.error -> failed.value"],
    {
      subGraphs: [
        {
          id: "inner",
          ...draft(
            [node("x", "AgentInput", { name: "x" }), node("wait", "CountdownTimer")],
            ["x.result -> wait.input_message"],
          ),
        },
      ],
    },
  );

  /** Ends a running nested graph as its own step would. */
  async function endOne({ db, root }: Awaited<ReturnType<typeof setup>>) {
    await db.pool.query(
      `with one as (
         update node_executions set status = 'COMPLETED', end_reason = 'finished', ended_at = now(), ended_seq = started_seq
          where id = (select id from node_executions where execution_id = $1 and placement = 'child' and status = 'RUNNING' order by queued_seq limit 1)
         returning child_execution_id as id)
       update executions e set status = 'COMPLETED', end_reason = 'finished', started_at = now(), ended_at = now() from one where e.id = one.id`,
      [root],
    );
  }

  test("are admitted as others end", async () => {
    await using run = await setup(fanOut, { list: items(102) });
    expect(run.begun.work).toHaveLength(100);
    expect(await countNodes(run.db, run.root)).toMatchObject({ "run RUNNING": 100, "run QUEUED": 2 });
    await endOne(run);
    expect((await run.advance.outstanding(run.root, [])).work).toHaveLength(100);
    expect(await countNodes(run.db, run.root)).toMatchObject({
      "run RUNNING": 100,
      "run QUEUED": 1,
      "run COMPLETED": 1,
    });
    const { rows } = await run.db.pool.query(
      "select child_executions as children, open from executions where depth = 0",
    );
    expect(rows).toEqual([{ children: 101, open: 101 }]);
  });

  test("are refused at the limit even if the record has kept them waiting, and count as failed", async () => {
    await using run = await setup(fanOut, { list: items(102) });
    await run.db.pool.query(`update executions set limits = '{"children": 100}' where depth = 0`);
    await endOne(run);
    await run.advance.outstanding(run.root, []);
    expect(await countNodes(run.db, run.root)).toMatchObject({
      "run RUNNING": 99,
      "run FAILED": 2,
      "failed COMPLETED": 2,
    });
    const { rows } = await run.db.pool.query(
      "select distinct end_reason, error ->> 'code' as code, closed from node_executions where status = 'FAILED'",
    );
    expect(rows).toEqual([{ end_reason: "limit_exceeded", code: "limit_exceeded", closed: true }]);
    expect((await run.db.pool.query("select open from executions where depth = 0")).rows).toEqual([{ open: 99 }]);
  });
});
