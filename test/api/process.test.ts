import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { startApi, type ApiProcess } from "../../api/process";
import { readConfig } from "../../config/env";
import { connect } from "../../db/client";
import { startWorker } from "../../worker/process";
import { testDatabase } from "../support/database";
import { testTemporal } from "../support/temporal";
import { blockIds, greeter } from "../support/graphs";
import { until } from "../support/wait";

const away = "127.0.0.1:1";

/** The API on a free port, with the run's Temporal or one that is away. */
async function setup({ temporalAddress, env = {} }: { temporalAddress?: string; env?: NodeJS.ProcessEnv } = {}) {
  const temporal = await testTemporal();
  const { url: databaseUrl } = await testDatabase();
  const config = { ...readConfig(env), port: 0, taskQueue: temporal.taskQueue };
  const options = {
    ...{ config, databaseUrl, databaseDirectUrl: databaseUrl, temporalUiUrl: null, log: pino({ level: "silent" }) },
    temporalAddress: temporalAddress ?? temporal.address,
  };
  const api = await startApi(options);
  const ask = async (path: string, body?: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const init = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${api.url}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const workers: { stop(): Promise<void> }[] = [];
  return {
    ...{ api, ask, databaseUrl, config },
    async startWorker() {
      const code = readFileSync(temporal.workflowBundle.codePath, "utf8");
      workers.push(await startWorker({ ...options, workflowBundle: { code } }));
    },
    async [Symbol.asyncDispose]() {
      await api.stop();
      for (const worker of workers) await worker.stop();
    },
  };
}

const save = async ({ ask }: Awaited<ReturnType<typeof setup>>, graph: object) => {
  const { body } = await ask("/v1/graphs", graph);
  return `/v1/graphs/${String(body["id"])}/executions`;
};

describe("the API's process", () => {
  test("is ready once a worker polls, and runs what is started", async () => {
    await using bundle = await setup();
    const before = await bundle.ask("/readyz");
    expect(before).toMatchObject({
      status: 503,
      body: { code: "temporal_unavailable", errors: [{ pointer: "/workers" }] },
    });
    const path = await save(bundle, greeter);
    await bundle.startWorker();
    // Its first poll may still be on its way to the server.
    const ready = await until(
      () => bundle.ask("/readyz"),
      ({ status }) => status === 200,
    );
    expect(ready).toMatchObject({ body: { status: "ready" } });
    const run = await bundle.ask(`${path}?wait=30s`, { inputs: { who: "Ada" } });
    expect(run).toMatchObject({ status: 201, body: { status: "COMPLETED", outputs: { greeting: ["Hi Ada!"] } } });
    expect((run.body["workflow"] as { runId: unknown }).runId).toEqual(expect.any(String));
    const metrics = await (await fetch(`${bundle.api.url}/metrics`)).text();
    expect(metrics).toContain(
      'treeline_http_request_seconds_count{method="POST",route="/v1/graphs/:id/executions",status="201"} 1',
    );
    expect(metrics).toContain("process_cpu_seconds_total");
  });

  test("charges what the operator asks, and shows a budget that is used up", async () => {
    const folder = mkdtempSync(join(tmpdir(), "treeline-prices-"));
    const prices = join(folder, "prices.json");
    writeFileSync(prices, JSON.stringify({ FillTextTemplate: 4 }));
    await using bundle = await setup({ env: { TREELINE_PRICES_FILE: prices } });
    const path = await save(bundle, greeter);
    await bundle.startWorker();
    rmSync(folder, { recursive: true }); // each process reads it once
    const { body: known } = await bundle.ask("/v1/blocks");
    const cost = [{ per: "run", credits: 4 }];
    expect(known["blocks"]).toContainEqual(expect.objectContaining({ name: "FillTextTemplate", cost }));
    const within = await bundle.ask(`${path}?wait=30s`, { budget: 4 });
    expect(within.body).toMatchObject({
      ...{ status: "COMPLETED", budget: 4 },
      ...{ stats: { charge: 4 }, treeStats: { charge: 4 } },
    });
    const beyond = await bundle.ask(`${path}?wait=30s`, { budget: 3 });
    expect(beyond.body).toMatchObject({
      ...{ status: "FAILED", endReason: "budget_exhausted", budget: 3, stats: { charge: 0 } },
      error: {
        ...{ code: "budget_exhausted", nodes: ["fill"] },
        message: 'budget: this tree may cost 3, 0 is charged, and node "fill" needs 4',
      },
    });
    const at = (body: Record<string, unknown>) => `/v1/executions/${String(body["id"])}`;
    expect((await bundle.ask(`${at(within.body)}/tree`)).body).toMatchObject({ totals: { charge: 4 } });
    const { body: told } = await bundle.ask(`${at(beyond.body)}/events`);
    expect(told["events"]).toContainEqual(
      expect.objectContaining({ type: "budget.exhausted", data: expect.objectContaining({ budget: 3, wanted: 4 }) }),
    );
    const { body: stop } = await bundle.ask(`/v1/stops/${String(beyond.body["stopId"])}`);
    expect(stop).toMatchObject({ requestedBy: "treeline", reason: expect.stringMatching(/^budget/) });
  });

  test("stops a tree and answers its receipt when it has closed", async () => {
    await using bundle = await setup();
    const hour = { id: "timer", blockId: "d67a9c52-5e4e-11e2-bcfd-0800200c9a71", constants: { hours: 1 } };
    const leaf = { id: "leaf", name: "Leaf", nodes: [hour], links: [] };
    const nest = (id: string) => ({ id, blockId: blockIds.agent, constants: { graphId: "leaf", graphVersion: 1 } });
    const path = await save(bundle, { name: "Root", nodes: [nest("a"), nest("b")], links: [], subGraphs: [leaf] });
    await bundle.startWorker();
    const { body } = await bundle.ask(path, {});
    const execution = `/v1/executions/${String(body["id"])}`;
    const closed = await bundle.ask(`${execution}/stop?wait=30s`, { reason: "enough" });
    expect(closed).toMatchObject({
      status: 200,
      body: { status: "CLOSED", outcome: "stopped", proof: { liveDescendants: 0, startedAfterFence: 0 } },
    });
    expect((await bundle.ask(execution)).body).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
    const again = await bundle.ask(`${execution}/stop`, {});
    expect(again).toMatchObject({ status: 200, body: { id: closed.body["id"], outcome: "stopped" } });
    expect(await bundle.ask(`/v1/stops/${String(closed.body["id"])}?wait=30s`)).toMatchObject({ status: 200 });
  });

  test("takes starts and stops while Temporal is away, and says that it is not ready", async () => {
    await using bundle = await setup({ temporalAddress: away });
    const path = await save(bundle, greeter);
    const start = await bundle.ask(path, {});
    expect(start).toMatchObject({ status: 201, body: { status: "QUEUED" } });
    const stop = await bundle.ask(`/v1/executions/${String(start.body["id"])}/stop`, {});
    expect([200, 202]).toContain(stop.status);
    const ready = await bundle.ask("/readyz");
    expect(ready).toMatchObject({
      status: 503,
      body: { code: "temporal_unavailable", errors: [{ pointer: "/temporal" }, { pointer: "/workers" }] },
    });
    expect(await bundle.ask("/healthz")).toMatchObject({ status: 200 });
  });

  test("is not ready on a database without its tables", async () => {
    await using bundle = await setup();
    const db = connect(bundle.databaseUrl);
    await db.pool.query("drop schema drizzle cascade");
    await db.close();
    expect(await bundle.ask("/readyz")).toMatchObject({
      status: 503,
      body: { code: "database_unavailable", errors: [{ pointer: "/postgres" }, { pointer: "/workers" }] },
    });
  });

  test("answers what waits when it stops, and accepts nothing more", async () => {
    await using bundle = await setup();
    const path = await save(bundle, greeter);
    const waiting = bundle.ask(`${path}?wait=120s`, {});
    await until(
      () => bundle.ask("/v1/executions"),
      ({ body }) => (body["executions"] as unknown[]).length === 1,
    );
    await bundle.api.stop();
    expect(await waiting).toMatchObject({ status: 201, body: { status: "QUEUED" } });
    await expect(bundle.ask("/healthz")).rejects.toThrow("fetch failed");
  });

  test("says that its port is taken, and leaves no connection open", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { url } = await testDatabase();
    const options = { config: { ...readConfig({}), port }, databaseUrl: url, databaseDirectUrl: url };
    const rest = { temporalAddress: away, temporalUiUrl: null, log: pino({ level: "silent" }) };
    const started: Promise<ApiProcess> = startApi({ ...options, ...rest });
    await expect(started).rejects.toMatchObject({ code: "EADDRINUSE" });
    holder.close();
  });
});
