import { graph as graphJson, graphSummary } from "../../api/resources/graph";
import { testApp } from "../support/app";
import { greeter, wrapper } from "../support/graphs";

const setup = testApp;
const unknownId = "01890a5d-ac96-774b-bcce-b302099a8057";

describe("POST /v1/graphs", () => {
  test("saves a graph and answers it with its id, version and pins", async () => {
    await using app = await setup();
    const { status, headers, body } = await app.post("/v1/graphs", greeter);
    expect(status).toBe(201);
    expect(graphJson.parse(body)).toMatchObject({ name: "Greeter", version: 1, description: "says hello" });
    expect(headers.get("location")).toBe(`/v1/graphs/${String(body["id"])}?version=1`);
    expect(body).toMatchObject({
      inputSchema: { type: "object", properties: { who: { type: "string", default: "you" } }, required: [] },
      outputSchema: { properties: { greeting: {} } },
      subGraphs: [],
      nodes: [{ id: "who", label: "Who", position: { x: 0, y: 0 } }, { id: "fill" }, { id: "out" }],
    });
    const again = await app.get(`/v1/graphs/${String(body["id"])}`);
    expect(again).toMatchObject({ status: 200, body });
  });

  test("answers the version that has the same content, else makes the next one", async () => {
    await using app = await setup();
    const { id } = (await app.post("/v1/graphs", greeter)).body;
    const second = await app.post("/v1/graphs", { ...greeter, id, description: "new" });
    expect(second).toMatchObject({ status: 201, body: { id, version: 2 } });
    const same = await app.post("/v1/graphs", { ...greeter, id });
    expect(same).toMatchObject({ status: 200, body: { id, version: 1, description: "says hello" } });
    expect((await app.get(`/v1/graphs/${String(id)}`)).body["version"]).toBe(2);
    expect((await app.get(`/v1/graphs/${String(id)}?version=1`)).body["description"]).toBe("says hello");
  });

  test("gives each of two savers of one graph a version of its own", async () => {
    await using app = await setup();
    const { id } = (await app.post("/v1/graphs", greeter)).body;
    const saves = ["a", "b", "c", "d"].map((name) => app.post("/v1/graphs", { ...greeter, id, name }));
    const answers = await Promise.all(saves);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(answers.map(({ body }) => body["version"]).sort()).toEqual([2, 3, 4, 5]);
  });

  test("registers nested graphs of the same call under ids of their own", async () => {
    await using app = await setup();
    const { status, body } = await app.post("/v1/graphs", wrapper);
    expect(status).toBe(201);
    const [sub] = graphJson.parse(body).subGraphs;
    expect(sub).toMatchObject({ name: "Greeter", version: 1 });
    expect(body["nodes"]).toMatchObject([{}, { constants: { graphId: sub?.id, graphVersion: 1 } }, {}]);
    expect((await app.get(`/v1/graphs/${String(sub?.id)}`)).body).toMatchObject({ name: "Greeter", version: 1 });
  });

  test("lets a graph nest itself by the version that the request makes", async () => {
    await using app = await setup();
    const { id } = (await app.post("/v1/graphs", greeter)).body;
    const recursive = {
      ...greeter,
      id,
      nodes: [
        ...greeter.nodes,
        { id: "me", blockId: wrapper.nodes[1].blockId, constants: { graphId: id, graphVersion: 2 } },
      ],
      links: [...greeter.links, { sourceId: "fill", sourceName: "output", sinkId: "me", sinkName: "who" }],
    };
    expect(await app.post("/v1/graphs", recursive)).toMatchObject({ status: 201, body: { version: 2 } });
    expect(await app.post("/v1/graphs", recursive)).toMatchObject({ status: 200, body: { version: 2 } });
  });

  test("lists every fault at once, with pointers", async () => {
    await using app = await setup();
    const nodes = [...greeter.nodes, { id: "x", blockId: "a0000000-0000-4000-8000-000000000000" }];
    const links = [...greeter.links, { sourceId: "nobody", sourceName: "a", sinkId: "fill", sinkName: "nothing" }];
    const { status, body } = await app.post("/v1/graphs", { ...greeter, nodes, links });
    expect(status).toBe(422);
    expect(body["code"]).toBe("invalid_graph");
    expect(body["errors"]).toEqual(
      expect.arrayContaining([
        { pointer: "/nodes/3/blockId", detail: expect.stringMatching(/^unknown block/) },
        { pointer: "/links/2/sourceId", detail: expect.any(String) },
        { pointer: "/links/2/sinkName", detail: expect.any(String) },
      ]),
    );
  });

  test("refuses unknown ids, and bodies that are no graph", async () => {
    await using app = await setup();
    for (const id of [unknownId, "not-an-id"]) {
      expect(await app.post("/v1/graphs", { ...greeter, id })).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
    }
    for (const body of [{}, [], "text", 1, null, { ...greeter, extra: 1 }]) {
      expect(await app.post("/v1/graphs", body)).toMatchObject({ status: 422, body: { code: "invalid_graph" } });
    }
  });
});

describe("GET /v1/graphs", () => {
  test("pages through the latest versions, the newest first", async () => {
    await using app = await setup();
    for (const name of ["a", "b", "c"]) await app.post("/v1/graphs", { ...greeter, name });
    const first = (await app.get("/v1/graphs?limit=2")).body;
    const second = (await app.get(`/v1/graphs?limit=2&cursor=${String(first["nextCursor"])}`)).body;
    const all = [...(first["graphs"] as unknown[]), ...(second["graphs"] as unknown[])];
    expect(all.map((one) => graphSummary.parse(one).name)).toEqual(["c", "b", "a"]);
    expect(second["nextCursor"]).toBeNull();
  });

  test("answers 404 for a version or graph that is not there, and for another owner's", async () => {
    await using app = await setup();
    const { id } = (await app.post("/v1/graphs", greeter)).body;
    const path = `/v1/graphs/${String(id)}`;
    for (const wrong of [
      `${path}?version=2`,
      `/v1/graphs/${unknownId}`,
      "/v1/graphs/x",
      `/v1/graphs/${unknownId}/export`,
    ]) {
      expect(await app.get(wrong)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(await app.get(path, { "X-Treeline-Owner": "bob" })).toMatchObject({ status: 404 });
    expect((await app.get("/v1/graphs", { "X-Treeline-Owner": "bob" })).body).toEqual({ graphs: [], nextCursor: null });
  });
});

describe("import and export", () => {
  test("an export comes back by import with the same nodes, links and nested graphs", async () => {
    await using app = await setup();
    const saved = (await app.post("/v1/graphs", wrapper)).body;
    const file = (await app.get(`/v1/graphs/${String(saved["id"])}/export`)).body;
    expect(file).toMatchObject({ name: "Wrapper", sub_graphs: [{ name: "Greeter" }], removed: [] });
    const { status, body } = await app.post("/v1/graphs/import", file);
    expect(status).toBe(201);
    expect(body["id"]).not.toBe(saved["id"]);
    expect(body).toMatchObject({ name: "Wrapper", version: 1, warnings: [], subGraphs: [{ name: "Greeter" }] });
    const again = (await app.get(`/v1/graphs/${String(body["id"])}/export`)).body;
    const shape = (one: typeof file) =>
      (one["nodes"] as { block_id: string; metadata: unknown }[]).map(({ block_id, metadata }) => [block_id, metadata]);
    expect(shape(again)).toEqual(shape(file));
  });

  test("names every unknown block with its node", async () => {
    await using app = await setup();
    const node = { id: "n1", block_id: "a0000000-0000-4000-8000-000000000000", input_default: {} };
    const nodes = [node, { ...node, id: "n2" }];
    const answer = await app.post("/v1/graphs/import", { name: "x", nodes, links: [] });
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid_graph" } });
    const details = (answer.body["errors"] as { detail: string }[]).map(({ detail }) => detail);
    expect(details.filter((detail) => /^unknown block.*a0000000/.test(detail))).toHaveLength(2);
  });
});
