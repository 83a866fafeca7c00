import pino from "pino";
import { stop as stopJson, stopPlan } from "../../api/resources/stop";
import { startApi } from "../../api/process";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { readConfig } from "../../config/env";
import { parseExecutionId, parseStopId } from "../../graph/ids";
import { freePort } from "../../local/ports";
import { startEngine } from "../support/engine";
import { ownerId } from "../support/factory";
import { createGate } from "../support/gate";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { node } from "../unit/graph/fixtures";
import { place } from "./blocks";
import { closed, expectGone, reached } from "./receipt";
import { treeOf } from "./trees";

/** The engine with the API of production over it. */
async function setup() {
  const gate = createGate();
  const engine = await startEngine({ blocks: [gate.block] });
  const { address } = await testTemporal();
  const apis: { stop(): Promise<void> }[] = [];
  async function openApi(temporalAddress = address) {
    const api = await startApi({
      config: { ...readConfig({}), port: 0, taskQueue: engine.taskQueue },
      databaseUrl: engine.url,
      databaseDirectUrl: engine.url,
      temporalAddress,
      temporalUiUrl: null,
      catalog: catalogOf(createRegistry([gate.block])),
      log: pino({ level: "silent" }),
    });
    apis.push(api);
    async function call(method: "GET" | "POST", path: string, body?: unknown) {
      const headers = { "X-Treeline-Owner": ownerId, "X-Treeline-Actor": "bob", "Content-Type": "application/json" };
      const answer = await fetch(`${api.url}${path}`, {
        method,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return {
        status: answer.status,
        location: answer.headers.get("location"),
        body: (await answer.json()) as Record<string, unknown>,
      };
    }
    return { call, close: () => api.stop() };
  }
  const graph = treeOf([2, 2], [place("hold", gate, { in: "held" }), node("wait", "CountdownTimer", { hours: 1 })]);
  return {
    engine,
    gate,
    graph,
    openApi,
    held: () => until(gate.inside, (inside) => inside.length === 4),
    async [Symbol.asyncDispose]() {
      for (const api of apis) await api.stop();
      await engine[Symbol.asyncDispose]();
    },
  };
}

const isoMs = (value: unknown) => Date.parse(String(value));

test("the whole way over HTTP: plan, stop, wait, receipt, and what is read afterwards", async () => {
  await using bundle = await setup();
  const { engine, gate } = bundle;
  const { call } = await bundle.openApi();
  const graph = await call("POST", "/v1/graphs", bundle.graph);
  expect(graph).toMatchObject({ status: 201 });
  const started = await call("POST", `/v1/graphs/${String(graph.body["id"])}/executions`, { inputs: {} });
  expect(started).toMatchObject({ status: 201, body: { stopId: null } });
  await bundle.held();
  const id = String(started.body["id"]);
  const path = `/v1/executions/${id}`;

  const { plan } = stopPlan.parse((await call("POST", `${path}/stop`, { dryRun: true })).body);
  expect(plan).toMatchObject({
    executions: 7,
    runningNodes: 4,
    levels: [{ executions: 1 }, { executions: 2 }, { executions: 4 }],
  });

  const asked = await call("POST", `${path}/stop`, { reason: "enough" });
  expect(asked.status).toBe(202);
  const stop = stopJson.parse(asked.body);
  expect(stop).toMatchObject({ executionId: id, reason: "enough", requestedBy: "bob", cascade: true });
  expect(asked.location).toBe(`/v1/stops/${String(stop.id)}`);
  expect(Math.round((isoMs(stop.deadlineAt) - isoMs(stop.phases.requestedAt)) / 1_000)).toBe(15);

  const over = await until(
    () => call("GET", `${String(asked.location)}?wait=15s`),
    ({ body }) => body["status"] === "CLOSED",
  );
  const receipt = stopJson.parse(over.body);
  expect(receipt).toMatchObject({
    outcome: "stopped",
    counts: { executions: 7, aborted: 4, swept: 2 + 4 + 4, abandoned: 0, alreadyEnded: 0 },
    leftovers: [],
    proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
  });
  const { requestedAt, fencedAt, quiescedAt, closedAt } = receipt.phases;
  const order = [requestedAt, fencedAt, quiescedAt, closedAt].map(isoMs);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(gate.inside()).toEqual([]);

  expect(await call("GET", path)).toMatchObject({
    status: 200,
    body: { status: "TERMINATED", endReason: "stopped", stopId: stop.id, treeStats: { running: 0 } },
  });
  const tree = await call("GET", `${path}/tree`);
  expect(tree.body).toMatchObject({ totals: { executions: 7, live: 0, byStatus: { TERMINATED: 7 } } });
  const again = await call("POST", `${path}/stop`, { force: true });
  expect(again).toMatchObject({ status: 200, body: { id: stop.id, status: "CLOSED", reason: "enough" } });
  expect(await engine.open(parseExecutionId(id))).toEqual([]);
});

test("while Temporal is away the fence holds and node code ends; the workflows are closed when it is back", async () => {
  await using bundle = await setup();
  const { engine } = bundle;
  const root = await engine.start(await engine.save(bundle.graph));
  await bundle.held();
  await engine.dispatcher.close(); // only an api may go on with it
  const away = await bundle.openApi(`127.0.0.1:${await freePort()}`);
  const asked = await away.call("POST", `/v1/executions/${root}/stop`);
  expect(asked.status).toBe(202);
  const { id } = stopJson.parse(asked.body);
  await reached(engine.db, parseStopId(String(id)), "QUIESCED");
  expect(bundle.gate.inside()).toEqual([]);
  expect(await engine.open(root)).not.toEqual([]);
  await away.close();
  await bundle.openApi();
  await expectGone(engine, root, await closed(engine.db, parseStopId(String(id))));
});
