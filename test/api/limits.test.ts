import type { JsonObject } from "../../graph/json";
import { testApp, testSizes } from "../support/app";
import { blockIds, greeter } from "../support/graphs";

const limits = (answer: { body: JsonObject }) => answer.body["limits"];

test("an execution shows the limits that hold: the start's over the graph's, the operator's over both", async () => {
  await using app = await testApp({
    config: { ...testSizes, temporalNamespace: "default", maxima: { iterations: 5, runTime: "1h" } },
  });
  const settings = { limits: { depth: 3, children: 7, iterations: 9 } };
  const { body: graph } = await app.post("/v1/graphs", { ...greeter, settings });
  const started = await app.post(`/v1/graphs/${String(graph["id"])}/executions`, { limits: { depth: 4 } });
  expect(started.status).toBe(201);
  expect(limits(started)).toEqual({
    depth: 4,
    children: 7,
    executions: 10_000,
    nodeExecutions: 100_000,
    iterations: 5,
    runTime: "1h",
  });
});

test("a detached nested graph is a link in the tree, and listed by a stop's plan", async () => {
  await using app = await testApp();
  const { body: graph } = await app.post("/v1/graphs", {
    name: "Starter",
    nodes: [
      { id: "go", blockId: blockIds.agent, lifecycle: "detached", constants: { graphId: "greeter" } },
      { id: "out", blockId: blockIds.output, constants: { name: "started" } },
    ],
    links: [{ sourceId: "go", sourceName: "executionId", sinkId: "out", sinkName: "value" }],
    subGraphs: [{ ...greeter, id: "greeter" }],
  });
  const { body: root } = await app.post(`/v1/graphs/${String(graph["id"])}/executions`, {});
  await app.run(String(root["id"]));
  const at = `/v1/executions/${String(root["id"])}`;
  const [started] = ((await app.get(at)).body["outputs"] as { started: string[] }).started;
  const link = { executionId: started, nodeExecutionId: expect.any(String), status: "QUEUED" };
  expect((await app.get(`${at}/tree`)).body).toMatchObject({
    children: [],
    detached: [link],
    totals: { executions: 1 },
  });
  expect((await app.get(`/v1/executions/${started}`)).body).toMatchObject({
    rootId: started,
    parentId: null,
    detachedFrom: { executionId: root["id"] },
  });
  const plan = await app.post(`${at}/stop`, { dryRun: true });
  expect(plan.body["plan"]).toMatchObject({ detached: [{ ...link, stopId: null }] });
  const answer = await app.post(`/v1/graphs`, {
    ...{ name: "Wrong", subGraphs: [{ ...greeter, id: "greeter" }] },
    nodes: [
      { id: "go", blockId: blockIds.agent, lifecycle: "detached", constants: { graphId: "greeter" } },
      { id: "out", blockId: blockIds.output, constants: { name: "started" } },
    ],
    links: [{ sourceId: "go", sourceName: "greeting", sinkId: "out", sinkName: "value" }],
  });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/links/0/sourceName" }] } });
});
