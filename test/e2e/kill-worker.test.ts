import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import { testDatabase } from "../support/database";
import { openEngine } from "../support/open-engine";
import { faultsOf } from "../support/record";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";
import { startHeldServer } from "./held-server";
import { runMain } from "./programs";

const output = node("out", "AgentOutput", { name: "answer" });

/** Runs nested graphs side by side and gives their answers. */
function level(runs: readonly GraphNode[], more: Partial<GraphDraft> = {}): GraphDraft {
  return draft(
    [...runs, output],
    runs.map(({ id }) => `${id}.answer -> out.value`),
    more,
  );
}

/** 1 + 3 + 6 executions; each of the six asks the server once. */
function tree(url: string): GraphDraft {
  const run = (id: string, graphId: string) => node(id, "AgentExecutor", { graphId, inputs: { name: id } });
  const leaf = draft(
    [
      node("name", "AgentInput", { name: "name" }),
      node("url", "FillTextTemplate", { format: `${url}/{{name}}` }),
      node("ask", "SendWebRequest", { method: "GET" }),
      output,
    ],
    ["name.result -> url.values_#_name", "url.output -> ask.url", "ask.response -> out.value"],
    { id: "leaf" },
  );
  const middle = (id: string) => level([run(`${id}1`, "leaf"), run(`${id}2`, "leaf")], { id });
  return level([run("a", "a"), run("b", "b"), run("c", "c")], {
    subGraphs: [middle("a"), middle("b"), middle("c"), leaf],
  });
}

async function setup() {
  const { url: databaseUrl } = await testDatabase();
  const { address, taskQueue, client } = await testTemporal();
  const server = await startHeldServer();
  const folder = mkdtempSync(join(tmpdir(), "treeline-prices-"));
  const prices = join(folder, "prices.json");
  writeFileSync(prices, JSON.stringify({ SendWebRequest: 5, FillTextTemplate: 1 }));
  const engine = await openEngine({ databaseUrl, client, taskQueue, eager: false, log: pino({ level: "silent" }) });
  const runWorker = async () => {
    const worker = runMain("worker/main.ts", {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: address,
      TREELINE_TASK_QUEUE: taskQueue,
      TREELINE_HTTP_ALLOW_PRIVATE: "true",
      TREELINE_PRICES_FILE: prices,
    });
    await worker.said("worker polls");
    return worker;
  };
  return {
    ...engine,
    server,
    runWorker,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

test("a tree whose worker is killed in the middle finishes on another, each node execution recorded and charged once", async () => {
  await using engine = await setup();
  const { server, db } = engine;
  const first = await engine.runWorker();
  const root = await engine.start(await engine.save(tree(server.url)), {}, { budget: 36 });
  await until(server.held, (held) => held.length === 6);
  const done = server.held().slice(0, 2);
  server.letGo(2);
  const completed = async () =>
    (await db.pool.query("select 1 from node_executions where node_id = 'ask' and status = 'COMPLETED'")).rowCount;
  await until(completed, (count) => count === 2);

  await first.kill();
  const second = await engine.runWorker();
  server.open();
  expect(await engine.ended(root)).toMatchObject({
    status: "COMPLETED",
    tree: { executions: 10, liveExecutions: 0, charge: 36 },
  });
  expect((await engine.read(root)).outputs["answer"]).toHaveLength(6);

  const { rows } = await db.pool.query(
    `select e.inputs ->> 'name' as name, n.attempt, n.status, count(*) over (partition by n.execution_id)::int as times
       from node_executions n join executions e on e.id = n.execution_id where n.node_id = 'ask' order by 1`,
  );
  expect(rows).toEqual(
    ["a1", "a2", "b1", "b2", "c1", "c2"].map((name) => {
      const before = done.includes(`/${name}`);
      return { name, attempt: before ? 1 : 2, status: "COMPLETED", times: 1 };
    }),
  );
  expect(Object.values(server.counts).sort()).toEqual([1, 1, 2, 2, 2, 2]); // what was done is not done again
  const statuses = await db.pool.query("select status, count(*)::int from node_executions group by 1");
  expect(statuses.rows).toEqual([{ status: "COMPLETED", count: 6 * 4 + 3 * 4 + 9 }]);
  expect(await engine.closed(root)).toBe("COMPLETED");
  expect(await faultsOf(db)).toEqual([]);
  await second.kill();
});
