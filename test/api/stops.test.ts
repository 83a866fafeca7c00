import { execution as executionJson } from "../../api/resources/execution";
import { stop as stopJson, stopPlan } from "../../api/resources/stop";
import { testApp } from "../support/app";
import { greeter } from "../support/graphs";

async function setup() {
  const app = await testApp();
  const { id } = (await app.post("/v1/graphs", greeter)).body;
  const start = async () => executionJson.parse((await app.post(`/v1/graphs/${String(id)}/executions`, {})).body);
  return { app, start, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

describe("POST /v1/executions/{id}/stop", () => {
  test("fences the execution, answers 202 with the stop's place and has it followed", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    const request = { reason: "enough", deadline: "3s" };
    const { status, headers, body } = await bundle.app.post(`/v1/executions/${id}/stop`, request, {
      "X-Treeline-Actor": "ada",
    });
    expect(status).toBe(202);
    const stop = stopJson.parse(body);
    expect(stop).toMatchObject({
      ...{ executionId: id, status: "STOPPING", reason: "enough", requestedBy: "ada", cascade: true, outcome: null },
      phases: { requestedAt: expect.any(String), fencedAt: expect.any(String), quiescedAt: null, closedAt: null },
    });
    const untilDeadline = Date.parse(stop.deadlineAt ?? "") - Date.parse(stop.phases.requestedAt ?? "");
    expect(Math.round(untilDeadline / 1_000)).toBe(3);
    expect(headers.get("location")).toBe(`/v1/stops/${String(stop.id)}`);
    expect(bundle.app.followed).toEqual([stop.id]);
    expect(await bundle.app.get(`/v1/stops/${String(stop.id)}`)).toMatchObject({ status: 200, body: stop });
    const under = await bundle.app.get(`/v1/executions/${id}`);
    expect(under.body).toMatchObject({ stopId: stop.id, stopRequestedAt: stop.phases.fencedAt });
  });

  test("goes before requests that hold all other connections", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    const { pool } = bundle.app.db;
    const busy = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    try {
      expect(await bundle.app.post(`/v1/executions/${id}/stop`)).toMatchObject({ status: 202 });
    } finally {
      for (const client of busy) client.release();
    }
  });

  test("is joined by a second request, and with ?wait answers what is known when the time is up", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    const first = await bundle.app.post(`/v1/executions/${id}/stop`);
    const second = await bundle.app.post(`/v1/executions/${id}/stop?wait=10ms`, {});
    expect(second).toMatchObject({ status: 202, body: { id: first.body["id"], status: "STOPPING" } });
  });

  test("answers 200 and already_finished for an execution that ended by itself", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    await bundle.app.run(id);
    const { status, headers, body } = await bundle.app.post(`/v1/executions/${id}/stop`, {});
    expect(status).toBe(200);
    expect(stopJson.parse(body)).toMatchObject({ status: "CLOSED", outcome: "already_finished" });
    expect(headers.get("location")).toBeNull();
    expect((await bundle.app.get(`/v1/executions/${id}`)).body).toMatchObject({ status: "COMPLETED", stopId: null });
    expect(bundle.app.followed).toEqual([]);
  });

  test("with dryRun answers the plan and stops nothing", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    const { status, body } = await bundle.app.post(`/v1/executions/${id}/stop`, { dryRun: true });
    expect(status).toBe(200);
    expect(stopPlan.parse(body)).toMatchObject({ plan: { executions: 1, levels: [{ depth: 0, queued: 1 }] } });
    expect((await bundle.app.get(`/v1/executions/${id}`)).body).toMatchObject({ stopId: null, stopRequestedAt: null });
  });

  test("refuses what it cannot read, and knows no one else's executions and stops", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start();
    for (const body of [{ deadline: "11m" }, { deadline: "soon" }, { cascade: 1 }, { extra: true }, []]) {
      const answer = await bundle.app.post(`/v1/executions/${id}/stop`, body);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    }
    const bob = { "X-Treeline-Owner": "bob" };
    for (const body of [{}, { dryRun: true }]) {
      expect(await bundle.app.post(`/v1/executions/${id}/stop`, body, bob)).toMatchObject({ status: 404 });
      expect(await bundle.app.post("/v1/executions/nothing/stop", body)).toMatchObject({ status: 404 });
    }
    const stop = await bundle.app.post(`/v1/executions/${id}/stop`);
    expect(await bundle.app.get(`/v1/stops/${String(stop.body["id"])}`, bob)).toMatchObject({ status: 404 });
    expect(await bundle.app.get(`/v1/stops/${id}`)).toMatchObject({ status: 404, body: { code: "not_found" } });
  });
});
