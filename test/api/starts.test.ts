import { execution as executionJson } from "../../api/resources/execution";
import { testApp, type TestApp } from "../support/app";
import { blockIds, greeter, wrapper } from "../support/graphs";

const save = async (app: TestApp, graph: object) => String((await app.post("/v1/graphs", graph)).body["id"]);

async function setup(changes: Parameters<typeof testApp>[0] = {}) {
  const app = await testApp(changes);
  const path = `/v1/graphs/${await save(app, greeter)}/executions`;
  return { app, path, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

describe("POST /v1/graphs/{id}/executions", () => {
  test("records the start, hands it to Temporal and answers the execution", async () => {
    await using bundle = await setup();
    const { app, path } = bundle;
    const start = { inputs: { who: "Ada" }, budget: 7, labels: { team: "a" }, limits: { depth: 3 } };
    const { status, headers, body } = await app.post(path, start);
    expect(status).toBe(201);
    const made = executionJson.parse(body);
    expect(headers.get("location")).toBe(`/v1/executions/${made.id}`);
    expect(app.started).toEqual([made.id]);
    expect(made).toMatchObject({
      ...{ rootId: made.id, parentId: null, ancestors: [], depth: 0, graphName: "Greeter", graphVersion: 1 },
      ...{ status: "QUEUED", endReason: null, stopId: null, inputs: { who: "Ada" }, outputs: {}, error: null },
      ...{ budget: 7, labels: { team: "a" }, startedAt: null, endedAt: null, paused: false },
      stats: { nodeExecutions: 0, failedNodeExecutions: 0, childExecutions: 0, charge: 0 },
      treeStats: { executions: 1, running: 1, nodeExecutions: 0, charge: 0, maxDepth: 0 },
      limits: {
        depth: 3,
        children: 1_000,
        executions: 10_000,
        nodeExecutions: 100_000,
        iterations: 10_000,
        runTime: "24h",
      },
      workflow: {
        id: made.id,
        runId: null,
        uiUrl: `http://temporal.test:8233/namespaces/default/workflows/${made.id}`,
      },
    });
    expect(await app.get(`/v1/executions/${made.id}`)).toMatchObject({ status: 200, body });
  });

  test("with ?wait answers the outputs, of the inputs given or their defaults", async () => {
    await using bundle = await setup({ carryOut: true });
    const greetings = [
      ["Hi Ada!", { inputs: { who: "Ada" } }],
      ["Hi you!", { inputs: {} }],
      ["Hi you!", { inputs: { who: null } }],
      ["Hi you!", undefined],
    ] as const;
    for (const [greeting, body] of greetings) {
      expect(await bundle.app.post(`${bundle.path}?wait=30s`, body)).toMatchObject({
        status: 201,
        body: { status: "COMPLETED", endReason: "finished", outputs: { greeting: [greeting] } },
      });
    }
  });

  test("answers what is known when the time is up, or the process stops", async () => {
    await using bundle = await setup();
    const { app, path } = bundle;
    expect(await app.post(`${path}?wait=10ms`, {})).toMatchObject({ status: 201, body: { status: "QUEUED" } });
    const waiting = app.post(`${path}?wait=120s`, {});
    app.stopWaiting();
    expect(await waiting).toMatchObject({ status: 201, body: { status: "QUEUED" } });
  });

  test("answers 201 while Temporal is away", async () => {
    const never = new Promise<never>(() => {});
    await using bundle = await setup({ dispatcher: { startNow: () => never, followStop: () => {} } });
    expect(await bundle.app.post(bundle.path, {})).toMatchObject({ status: 201, body: { status: "QUEUED" } });
    const { rows } = await bundle.app.db.pool.query("select kind from outbox");
    expect(rows).toEqual([{ kind: "start" }]);
  });

  test("takes a start without a required input", async () => {
    await using bundle = await setup();
    const id = await save(bundle.app, wrapper);
    expect((await bundle.app.get(`/v1/graphs/${id}`)).body).toMatchObject({ inputSchema: { required: ["name"] } });
    expect(await bundle.app.post(`/v1/graphs/${id}/executions`, { inputs: {} })).toMatchObject({ status: 201 });
  });

  test("lists unknown inputs with those there are, and inputs of a wrong type", async () => {
    await using bundle = await setup();
    const number = { id: "n", blockId: blockIds.number, constants: { name: "a/b", value: 1 } };
    const id = await save(bundle.app, { ...greeter, nodes: [...greeter.nodes, number] });
    const inputs = { who: ["x"], "a/b": "one", other: 1, toString: 1 };
    const { status, body } = await bundle.app.post(`/v1/graphs/${id}/executions`, { inputs });
    expect(status).toBe(422);
    expect(body["code"]).toBe("invalid_inputs");
    expect(body["errors"]).toEqual([
      { pointer: "/inputs/who", detail: "must be string" },
      { pointer: "/inputs/a~1b", detail: "must be integer" },
      { pointer: "/inputs/other", detail: 'unknown input: the graph has "who", "a/b"' },
      { pointer: "/inputs/toString", detail: expect.stringContaining("unknown input") },
    ]);
    expect(bundle.app.started).toEqual([]);
  });

  test("runs under masks, which win over inputs, constants and links, and under those of a nested graph's node", async () => {
    await using bundle = await setup({ carryOut: true });
    const { app, path } = bundle;
    const masks = { who: { value: "Zoe" }, fill: { "values_#_mark": "?" } };
    expect(await app.post(`${path}?wait=30s`, { inputs: { who: "Ada" }, masks })).toMatchObject({
      body: { inputs: { who: "Ada" }, masks, outputs: { greeting: ["Hi Zoe?"] } },
    });
    const linked = { fill: { "values_#_person": "you all" } };
    expect(await app.post(`${path}?wait=30s`, { masks: linked })).toMatchObject({
      body: { outputs: { greeting: ["Hi you all!"] } },
    });
    const [name, greet, result] = wrapper.nodes;
    const constants = { ...greet.constants, masks: { fill: { format: "{{person}}, {{mark}}" } } };
    const masked = { ...greet, constants, masks: { fill: { "values_#_mark": "hello" } } };
    const outer = await save(app, { ...wrapper, nodes: [name, masked, result] });
    expect(await app.post(`/v1/graphs/${outer}/executions?wait=30s`, { inputs: { name: "Ada" } })).toMatchObject({
      body: { outputs: { result: ["Ada, hello"] } },
    });
  });

  test("refuses a body that misfits, with a pointer", async () => {
    await using bundle = await setup();
    const wrong = {
      "/inputs": { inputs: [] },
      "/limits/runTime": { limits: { runTime: "soon" } },
      "/budget": { budget: 1.5 },
      "/priority": { priority: 9 },
      "/labels/a": { labels: { a: "\ud800" } },
      "/masks": { masks: { fill: "x" } },
      "/masks/filll": { masks: { filll: { format: "x" } } },
      "/masks/fill/nothing": { masks: { fill: { nothing: "x" } } },
      "/surprise": { surprise: true },
    };
    for (const [pointer, body] of Object.entries(wrong)) {
      const answer = await bundle.app.post(bundle.path, body);
      expect(answer).toMatchObject({ status: 422, body: { code: "invalid_inputs" } });
      expect(answer.body["errors"]).toEqual([{ pointer, detail: expect.any(String) }]);
    }
    expect(bundle.app.started).toEqual([]);
  });

  test("starts the version asked for, and answers 404 for one that is not there", async () => {
    await using bundle = await setup();
    const { app } = bundle;
    const id = await save(app, greeter);
    await app.post("/v1/graphs", { ...greeter, id, name: "Second" });
    const path = `/v1/graphs/${id}/executions`;
    expect((await app.post(path, {})).body).toMatchObject({ graphVersion: 2, graphName: "Second" });
    expect((await app.post(path, { version: 1 })).body).toMatchObject({ graphVersion: 1, graphName: "Greeter" });
    expect(await app.post(path, { version: 3 })).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await app.post(path, {}, { "X-Treeline-Owner": "bob" })).toMatchObject({ status: 404 });
    expect(await app.post("/v1/graphs/nothing/executions", {})).toMatchObject({ status: 404 });
  });

  test("starts the newest version, also where that was saved after the last start", async () => {
    await using bundle = await setup();
    const { app } = bundle;
    const id = await save(app, greeter);
    const path = `/v1/graphs/${id}/executions`;
    expect((await app.post(path, {})).body).toMatchObject({ graphVersion: 1 });
    expect((await app.post(path, {})).body).toMatchObject({ graphVersion: 1 });
    await app.post("/v1/graphs", { ...greeter, id, name: "Second" });
    expect((await app.post(path, {})).body).toMatchObject({ graphVersion: 2, graphName: "Second" });
    const number = { id: "n", blockId: blockIds.number, constants: { name: "number", value: 1 } };
    await app.post("/v1/graphs", { ...greeter, id, nodes: [...greeter.nodes, number] });
    const inputs = { number: 2 }; // a fault of the second version
    expect((await app.post(path, { inputs })).body).toMatchObject({ graphVersion: 3, inputs });
    expect((await app.post(path, { inputs: { other: 1 } })).body).toMatchObject({ code: "invalid_inputs" });
  });

  test("refuses to wait for what is no duration, or for longer than two minutes", async () => {
    await using bundle = await setup();
    for (const wait of ["121s", "soon", "-1s", "", "5"]) {
      const answer = await bundle.app.post(`${bundle.path}?wait=${wait}`, {});
      const errors = [{ pointer: "/query/wait" }];
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request", errors } });
    }
    expect(bundle.app.started).toEqual([]);
  });
});
