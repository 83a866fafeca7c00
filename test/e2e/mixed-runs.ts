import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pino from "pino";
import type { GraphDraft } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { openEngine } from "../support/open-engine";
import { faultsOf } from "../support/record";
import { testTemporal } from "../support/temporal";
import { draft, node } from "../unit/graph/fixtures";
import { runMain } from "./programs";

const list = Array.from({ length: 10 }, (_, index) => index + 1);

/** Doubles a number, asks the server for it, and waits a second: inline, remote and a timer. */
function leaf(url: string): GraphDraft {
  return draft(
    [
      node("x", "AgentInput", { name: "x" }),
      node("double", "Calculator", { operation: "Multiply", b: 2 }),
      node("url", "FillTextTemplate", { format: `${url}/leaf/{{n}}` }),
      node("ask", "SendWebRequest", { method: "GET" }),
      node("wait", "CountdownTimer", { seconds: 1 }),
      node("out", "AgentOutput", { name: "said" }),
    ],
    [
      "x.result -> double.a",
      "double.result -> url.values_#_n",
      "url.output -> ask.url",
      "ask.response -> wait.input_message",
      "wait.output_message -> out.value",
    ],
    { id: "leaf" },
  );
}

/** 200 node executions in 21 executions: remote ones side by side, nested graphs, a map of them, timers and a loop. */
function mixedGraph(url: string): GraphDraft {
  const nested = { graphId: "leaf" };
  return draft(
    [
      node("list", "AgentInput", { name: "list" }),
      node("each", "StepThroughItems"),
      node("url", "FillTextTemplate", { format: `${url}/root/{{n}}` }),
      node("ask", "SendWebRequest", { method: "GET" }),
      node("asked", "AgentOutput", { name: "asked" }),
      node("one", "AgentExecutor", nested),
      node("ones", "AgentOutput", { name: "ones" }),
      { ...node("all", "AgentExecutor", nested), map: { pin: "x", concurrency: 4 } },
      node("alls", "AgentOutput", { name: "all" }),
      node("start", "AgentInput", { name: "start" }),
      node("add", "Calculator", { operation: "Add", b: 1 }),
      node("again", "Condition", { operator: "<", value2: 12 }),
      node("counted", "AgentOutput", { name: "counted" }),
    ],
    [
      "list.result -> each.items",
      "each.item -> url.values_#_n",
      "url.output -> ask.url",
      "ask.response -> asked.value",
      "each.item -> one.x",
      "one.said -> ones.value",
      "list.result -> all.x",
      "all.said -> alls.value",
      "start.result -> add.a",
      "add.result -> again.value1",
      "again.yes_output -> add.a",
      "again.no_output -> counted.value",
    ],
    { subGraphs: [leaf(url)] },
  );
}

/** Answers every path, a little later than at once. */
async function startEcho() {
  const server = createServer(({ url: path = "" }, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    setTimeout(() => response.end(JSON.stringify({ path })), 30);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A worker process, a graph of everything, and what its runs leave in the record. */
export async function setupMixedRuns() {
  const { url: databaseUrl } = await testDatabase();
  const { address, taskQueue, client } = await testTemporal();
  const echo = await startEcho();
  const folder = mkdtempSync(join(tmpdir(), "treeline-prices-"));
  const prices = join(folder, "prices.json");
  writeFileSync(prices, JSON.stringify({ SendWebRequest: 5, FillTextTemplate: 1, Calculator: 2 }));
  const engine = await openEngine({ databaseUrl, client, taskQueue, eager: false, log: pino({ level: "silent" }) });
  const graph = await engine.save(mixedGraph(echo.url));

  async function startWorker() {
    const worker = runMain("worker/main.ts", {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: address,
      TREELINE_TASK_QUEUE: taskQueue,
      TREELINE_HTTP_ALLOW_PRIVATE: "true",
      TREELINE_PRICES_FILE: prices,
    });
    await worker.said("worker polls");
    return worker;
  }
  let worker = await startWorker();

  /** All that must not depend on who ran it and how often: outputs, counts and charges. */
  async function recordOf(root: ExecutionId) {
    const { rows } = await engine.db.pool.query<{ executions: number }>(
      `select e.depth, n.node_id, n.status, n.end_reason, count(*)::int as executions, sum(n.charge)::int as charge
         from node_executions n join executions e on e.id = n.execution_id where n.root_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
      [root],
    );
    const { status, outputs, tree } = await engine.read(root);
    const { rows: ledger } = await engine.db.pool.query<{ booked: number }>(
      "select sum((data ->> 'charge')::int)::int as booked from events where root_id = $1 and type = 'charge.booked'",
      [root],
    );
    return {
      status,
      outputs,
      nodes: rows,
      executions: tree.executions,
      charge: tree.charge,
      booked: ledger[0]?.booked,
    };
  }

  /** One run; the worker is killed so many milliseconds after its start, and again after the next worker has begun. */
  async function run(killAfterMs: readonly number[]) {
    const began = performance.now();
    const root = await engine.start(graph, { list, start: 0 });
    for (const ms of killAfterMs) {
      await pause(ms);
      await worker.kill();
      worker = await startWorker();
    }
    await engine.ended(root);
    return { record: await recordOf(root), tookMs: performance.now() - began };
  }

  return {
    run,
    faults: () => faultsOf(engine.db),
    async attempts() {
      const { rows } = await engine.db.pool.query("select count(*)::int from node_executions where attempt > 1");
      return Number(rows[0].count);
    },
    async [Symbol.asyncDispose]() {
      await worker.kill();
      await engine[Symbol.asyncDispose]();
      echo.close();
      rmSync(folder, { recursive: true });
    },
  };
}
