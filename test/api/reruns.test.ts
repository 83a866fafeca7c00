import { execution as executionJson } from "../../api/resources/execution";
import { testApp } from "../support/app";
import { greeter } from "../support/graphs";

async function setup() {
  const app = await testApp();
  const { id: graphId } = (await app.post("/v1/graphs", greeter)).body;
  const { id } = executionJson.parse((await app.post(`/v1/graphs/${String(graphId)}/executions`, {})).body);
  return { app, id, path: `/v1/executions/${id}/rerun`, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test("rerun answers 201 with a new execution that names the old one, once for one Idempotency-Key", async () => {
  await using bundle = await setup();
  await bundle.app.run(bundle.id);
  const key = { "Idempotency-Key": "again" };
  const { status, headers, body } = await bundle.app.post(bundle.path, { from: "failed" }, key);
  expect(status).toBe(201);
  const again = executionJson.parse(body);
  expect(again).toMatchObject({ status: "QUEUED", resumedFrom: bundle.id, parentId: null });
  expect(headers.get("location")).toBe(`/v1/executions/${again.id}`);
  expect((await bundle.app.post(bundle.path, { from: "failed" }, key)).body).toMatchObject({ id: again.id });
});

test("rerun from a node wants one of the execution's own", async () => {
  await using bundle = await setup();
  await bundle.app.run(bundle.id);
  const nodes = (await bundle.app.get(`/v1/executions/${bundle.id}/nodes`)).body["nodes"] as { id: string }[];
  const from = { from: "node", nodeExecutionId: nodes[1]?.id };
  expect((await bundle.app.post(bundle.path, from)).status).toBe(201);
  expect(await bundle.app.post(bundle.path, { from: "node", nodeExecutionId: bundle.id })).toMatchObject({
    status: 400,
    body: { code: "invalid_request", errors: [{ pointer: "/nodeExecutionId" }] },
  });
  expect((await bundle.app.post(bundle.path, { from: "node" })).status).toBe(400);
});

test("what is live is a conflict, and another owner's is not found", async () => {
  await using bundle = await setup();
  expect(await bundle.app.post(bundle.path, { from: "failed" })).toMatchObject({
    status: 409,
    body: { code: "conflict", detail: expect.stringContaining("is live") },
  });
  expect((await bundle.app.post(bundle.path, { from: "failed" }, { "X-Treeline-Owner": "eve" })).status).toBe(404);
});
