import Ajv2020 from "ajv/dist/2020";
import type { JsonObject } from "../../graph/json";
import { pointerTo } from "../../graph/pointer";
import { testApp, type Answered, type TestApp } from "../support/app";
import { greeter, wrapper } from "../support/graphs";

async function setup() {
  const app = await testApp({ carryOut: true });
  const { body: document } = await app.get("/v1/openapi.json");
  return { app, document, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

function documented({ paths }: JsonObject): string[] {
  return Object.entries(paths as JsonObject).flatMap(([path, methods]) =>
    Object.keys(methods as JsonObject).map((method) => `${method} ${path}`),
  );
}

function routed({ express }: TestApp): string[] {
  return express.router.stack.flatMap(({ route }) =>
    route ? route.stack.map(({ method }) => `${method} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`) : [],
  );
}

/** What is wrong with an answer by the document's word. */
function misfits(document: JsonObject, call: string, { status, headers, body }: Answered): unknown {
  const [method = "", path = ""] = call.split(" ");
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  const place = pointerTo(["paths", path, method, "responses", String(status), "content", type, "schema"]);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false });
  const validate = ajv.addSchema(document, "document").compile({ $ref: `document#${encodeURI(place)}` });
  return validate(body) ? null : validate.errors;
}

describe("/v1/openapi.json", () => {
  test("describes exactly the calls that there are", async () => {
    await using bundle = await setup();
    expect(bundle.document["openapi"]).toBe("3.1.0");
    expect(documented(bundle.document).sort()).toEqual(routed(bundle.app).sort());
    expect(documented(bundle.document)).toContain("post /v1/graphs/{id}/executions");
  });

  test("has no dangling reference, and one name for each call", async () => {
    await using bundle = await setup();
    const text = JSON.stringify(bundle.document);
    const { schemas } = bundle.document["components"] as { schemas: JsonObject };
    const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(10);
    const names = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !names.includes(reference ?? ""))).toEqual([]);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(documented(bundle.document).length);
  });

  test("describes what is really answered", async () => {
    await using bundle = await setup();
    const { app, document } = bundle;
    const check = async (call: string, status: number, asking: Promise<Answered>) => {
      const answer = await asking;
      expect({ call, status: answer.status }).toEqual({ call, status });
      expect({ call, misfits: misfits(document, call, answer) }).toEqual({ call, misfits: null });
      return answer.body;
    };
    const saved = await check("post /v1/graphs", 201, app.post("/v1/graphs", wrapper));
    const graph = `/v1/graphs/${String(saved["id"])}`;
    await check("post /v1/graphs", 422, app.post("/v1/graphs", {}));
    await check("get /v1/graphs", 200, app.get("/v1/graphs"));
    await check("get /v1/graphs/{id}", 200, app.get(graph));
    const file = await check("get /v1/graphs/{id}/export", 200, app.get(`${graph}/export`));
    await check("post /v1/graphs/import", 201, app.post("/v1/graphs/import", file));
    const inputs = { name: "Ada" };
    const start = app.post(`${graph}/executions?wait=30s`, { inputs, labels: { a: "b" } });
    const started = await check("post /v1/graphs/{id}/executions", 201, start);
    const execution = `/v1/executions/${String(started["id"])}`;
    await check("get /v1/executions", 200, app.get("/v1/executions"));
    await check("get /v1/executions/{id}", 200, app.get(execution));
    await check("get /v1/executions/{id}", 404, app.get("/v1/executions/nothing"));
    await check("get /v1/executions/{id}/tree", 200, app.get(`${execution}/tree`));
    await check("get /v1/executions/{id}/nodes", 200, app.get(`${execution}/nodes`));
    const stop = "post /v1/executions/{id}/stop";
    await check(stop, 200, app.post(`${execution}/stop`, { dryRun: true }));
    await check(stop, 200, app.post(`${execution}/stop`));
    await check("get /v1/blocks", 200, app.get("/v1/blocks"));
    await check("get /healthz", 200, app.get("/healthz"));
    await check("get /readyz", 200, app.get("/readyz"));
    await check("get /v1/openapi.json", 200, app.get("/v1/openapi.json"));
  });

  test("would tell an answer that does not fit", async () => {
    await using bundle = await setup();
    const answer = await bundle.app.post("/v1/graphs", greeter);
    const { version: _version, ...body } = answer.body;
    expect(misfits(bundle.document, "post /v1/graphs", { ...answer, body })).toMatchObject([{ keyword: "required" }]);
  });
});

describe("GET /v1/blocks", () => {
  test("lists each block once, with its pins and the implicit error", async () => {
    await using bundle = await setup();
    const blocks = (await bundle.app.get("/v1/blocks")).body["blocks"] as JsonObject[];
    expect(new Set(blocks.map(({ id }) => id)).size).toBe(blocks.length);
    const find = (name: string) => blocks.find((block) => block["name"] === name);
    expect(find("SendWebRequest")).toMatchObject({ placement: "remote", outputSchema: { properties: { error: {} } } });
    expect(find("AgentOutput")?.["outputSchema"]).not.toMatchObject({ properties: { error: {} } });
  });
});
