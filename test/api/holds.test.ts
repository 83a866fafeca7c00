import { execution as executionJson } from "../../api/resources/execution";
import { testApp } from "../support/app";
import { greeter } from "../support/graphs";

async function setup() {
  const app = await testApp();
  const { id: graphId } = (await app.post("/v1/graphs", greeter)).body;
  const { id } = executionJson.parse((await app.post(`/v1/graphs/${String(graphId)}/executions`, {})).body);
  return { app, id, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test("pause answers 202 with the execution held, and 200 the second time", async () => {
  await using bundle = await setup();
  const path = `/v1/executions/${bundle.id}/pause`;
  const first = await bundle.app.post(path, { reason: "lunch" }, { "X-Treeline-Actor": "ada" });
  expect(first.status).toBe(202);
  expect(executionJson.parse(first.body)).toMatchObject({ paused: true, status: "PAUSED" });
  expect(await bundle.app.post(path)).toMatchObject({ status: 200, body: { paused: true } });
  const { rows } = await bundle.app.db.pool.query("select type, data from events where type like 'execution.pa%'");
  expect(rows).toEqual([{ type: "execution.paused", data: { reason: "lunch", requestedBy: "ada" } }]);
});

test("resume answers 202 with the execution released, and 200 where there is nothing to release", async () => {
  await using bundle = await setup();
  const path = `/v1/executions/${bundle.id}/resume`;
  expect(await bundle.app.post(path)).toMatchObject({ status: 200, body: { paused: false } });
  await bundle.app.post(`/v1/executions/${bundle.id}/pause`);
  expect(await bundle.app.post(path)).toMatchObject({ status: 202, body: { paused: false, status: "QUEUED" } });
});

test("what has ended or is being stopped cannot be paused", async () => {
  await using bundle = await setup();
  const pause = () => bundle.app.post(`/v1/executions/${bundle.id}/pause`);
  await bundle.app.post(`/v1/executions/${bundle.id}/stop`);
  expect(await pause()).toMatchObject({
    status: 409,
    body: { code: "conflict", detail: expect.stringContaining("is being stopped") },
  });

  await using other = await setup();
  await other.app.run(other.id);
  const ended = { status: 409, body: { code: "conflict", detail: expect.stringContaining("has ended") } };
  expect(await other.app.post(`/v1/executions/${other.id}/pause`)).toMatchObject(ended);
  expect(await other.app.post(`/v1/executions/${other.id}/resume`)).toMatchObject(ended);
});

test("another owner's execution is not found, and a body that misfits is refused", async () => {
  await using bundle = await setup();
  const path = `/v1/executions/${bundle.id}/pause`;
  expect((await bundle.app.post(path, {}, { "X-Treeline-Owner": "eve" })).status).toBe(404);
  expect(await bundle.app.post(path, { reason: 7 })).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  expect((await bundle.app.get(`/v1/executions/${bundle.id}`)).body).toMatchObject({ paused: false });
});
