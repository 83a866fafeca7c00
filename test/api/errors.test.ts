import { connect as connectSocket } from "node:net";
import { once } from "node:events";
import { problem as problemJson } from "../../api/problem";
import { connect } from "../../db/client";
import { testApp, testSizes } from "../support/app";
import { greeter } from "../support/graphs";

const setup = testApp;

describe("errors", () => {
  test("are problem+json with the code's status, title and type", async () => {
    await using app = await setup();
    const { status, headers, body } = await app.get("/v1/graphs/nothing?version=1");
    expect(status).toBe(404);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(problemJson.parse(body)).toEqual({
      type: "https://treeline.dev/errors/not_found",
      title: "There is no such thing",
      status: 404,
      detail: 'no graph has the id "nothing": ids are UUIDv7',
      code: "not_found",
      retryable: false,
      instance: "/v1/graphs/nothing",
      errors: [],
    });
  });

  test("answer unknown paths, other methods and malformed escapes with 404", async () => {
    await using app = await setup();
    for (const path of ["/", "/v1", "/v1/nothing", "/v1/graphs/%zz", "/v1/executions/%E0%A4%A"]) {
      expect(await app.get(path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(await app.post("/v1/blocks", {})).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  test("answer a body that is not JSON, or says it is not, with 400", async () => {
    await using app = await setup();
    const send = async (body: string | null, headers: Record<string, string>) => {
      const response = await fetch(`${app.url}/v1/graphs`, { method: "POST", headers, body });
      return { status: response.status, code: problemJson.parse(await response.json()).code };
    };
    const refused = { status: 400, code: "invalid_request" };
    const json = { "Content-Type": "application/json" };
    expect(await send("{", json)).toEqual(refused);
    expect(await send(null, {})).toEqual(refused);
    expect(await send("", json)).toEqual(refused);
    expect(await send("{}", { "Content-Type": "text/plain" })).toEqual(refused);
    expect(await send("{}", { "Content-Type": "application/jsonp" })).toEqual(refused);
    expect(await send("{}", { "Content-Type": "application/json; charset=nothing" })).toEqual(refused);
    expect(await send("{}", { ...json, "Content-Encoding": "nothing" })).toEqual(refused);
    const accepted = "Application/merge+JSON ; charset=utf-8";
    expect(await send("{}", { "Content-Type": accepted })).toEqual({ status: 422, code: "invalid_graph" });
  });

  test("answer a body over the configured size with 413, also one that says no length", async () => {
    await using app = await setup({
      config: { ...testSizes, maxBodyBytes: 2_000, temporalNamespace: "default", maxima: {} },
    });
    const large = { ...greeter, description: "x".repeat(2_000) };
    expect(await app.post("/v1/graphs", large)).toMatchObject({ status: 413, body: { code: "payload_too_large" } });
    const stream = new Blob([JSON.stringify(large)]).stream();
    const headers = { "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: stream, duplex: "half" } as RequestInit;
    expect((await fetch(`${app.url}/v1/graphs`, init)).status).toBe(413);
  });

  test("answer bodies nested beyond all measure with a fault of the request", async () => {
    await using app = await setup();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const bodies = [`{"name":"x","nodes":[{"id":"n","blockId":"b","constants":{"a":${deep}}}]}`, deep];
    const { id } = (await app.post("/v1/graphs", greeter)).body;
    for (const path of ["/v1/graphs", "/v1/graphs/import", `/v1/graphs/${String(id)}/executions`]) {
      for (const body of [...bodies, `{"inputs":{"who":${deep}}}`]) {
        const headers = { "Content-Type": "application/json", "Idempotency-Key": "k" };
        const response = await fetch(`${app.url}${path}`, { method: "POST", headers, body });
        expect([400, 422]).toContain(response.status);
      }
    }
  });

  test("do not mistake brackets in texts for nesting", async () => {
    await using app = await setup();
    const description = `"\\${"[{".repeat(500)}\\"`;
    expect(await app.post("/v1/graphs", { ...greeter, description })).toMatchObject({
      status: 201,
      body: { description },
    });
  });

  test("refuse owners and actors that are no names", async () => {
    await using app = await setup();
    for (const header of ["X-Treeline-Owner", "X-Treeline-Actor"]) {
      for (const name of ["", "x".repeat(129), "caf\u00e9"]) {
        const answer = await app.get("/v1/graphs", { [header]: name });
        expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
      }
      expect(await app.get("/v1/graphs", { [header]: "x".repeat(128) })).toMatchObject({ status: 200 });
    }
  });

  test("say 503 and when to ask again while Postgres is away", async () => {
    const away = connect("postgres://nobody@127.0.0.1:1/nothing");
    await using app = await setup({ db: away });
    const { status, headers, body } = await app.post("/v1/graphs", greeter);
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(body).toMatchObject({ code: "database_unavailable", retryable: true });
    await away.close();
  });

  test("tell nothing of a fault inside", async () => {
    await using app = await setup();
    await app.db.pool.query("alter table graphs rename to moved");
    const answer = await app.get("/v1/graphs");
    expect(answer).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(JSON.stringify(answer.body)).not.toMatch(/graphs_|relation|select|\.ts/);
  });

  test("do not end the connection of a client that goes on", async () => {
    await using app = await setup();
    const { hostname, port } = new URL(app.url);
    const socket = connectSocket(Number(port), hostname);
    const request = `GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(request);
    expect(String(await once(socket, "data"))).toContain("404");
    socket.write(request);
    expect(String(await once(socket, "data"))).toContain("404");
    socket.destroy();
  });
});

describe("every answer", () => {
  test("is not to be stored, and does not name the server's software", async () => {
    await using app = await setup();
    for (const path of ["/healthz", "/v1/graphs", "/v1/nothing"]) {
      const { headers } = await app.get(path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });
});
