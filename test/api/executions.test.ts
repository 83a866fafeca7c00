import { execution as executionJson } from "../../api/resources/execution";
import { nodeExecution } from "../../api/resources/node-execution";
import { tree as treeJson } from "../../api/resources/tree";
import { testApp, type Answered } from "../support/app";
import { blockIds, greeter, wrapper } from "../support/graphs";

/** An app with a graph that nests the greeter, and one that nests that. */
async function setup() {
  const app = await testApp({ carryOut: true });
  const save = async (graph: object) => (await app.post("/v1/graphs", graph)).body["id"];
  const middle = await save(wrapper);
  const outer = {
    name: "Outer",
    nodes: ["a", "b"].map((id) => ({
      id,
      blockId: blockIds.agent,
      constants: { graphId: middle, graphVersion: 1, inputs: { name: id } },
    })),
    links: [],
  };
  const ids = { greeter: await save(greeter), middle, outer: await save(outer) };
  const start = async (graph: keyof typeof ids, body: object = {}, headers?: Record<string, string>) =>
    executionJson.parse((await app.post(`/v1/graphs/${String(ids[graph])}/executions?wait=30s`, body, headers)).body);
  return { app, ids, start, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

const unknownId = "01890a5d-ac96-774b-bcce-b302099a8057";
const listed = ({ body }: Answered) => executionJson.array().parse(body["executions"]);

describe("GET /v1/executions", () => {
  test("shows of the roots that wait for a place at which position they are", async () => {
    await using app = await testApp({ places: { perOwner: 1, perGraph: null } });
    const { body: graph } = await app.post("/v1/graphs", greeter);
    const start = async (priority: number) =>
      (await app.post(`/v1/graphs/${String(graph["id"])}/executions`, { priority })).body["id"];
    const [first, second, urgent] = [await start(3), await start(3), await start(1)];
    const queued = listed(await app.get("/v1/executions?status=QUEUED"));
    expect(queued.map(({ id, queuePosition }) => [id, queuePosition])).toEqual([
      [urgent, 1],
      [second, 3],
      [first, 2],
    ]);
  });

  test("pages through all executions, the newest first, without gaps or repeats", async () => {
    await using bundle = await setup();
    await bundle.start("outer");
    await bundle.start("greeter");
    const all = listed(await bundle.app.get("/v1/executions"));
    expect(all).toHaveLength(6);
    const order = all.map(({ createdAt, id }) => `${createdAt} ${id}`);
    expect(order).toEqual([...order].sort().reverse());
    const paged: string[] = [];
    let next = "";
    do {
      const page = await bundle.app.get(`/v1/executions?limit=2${next}`);
      paged.push(...listed(page).map(({ id }) => id));
      next = page.body["nextCursor"] === null ? "" : `&cursor=${String(page.body["nextCursor"])}`;
    } while (next !== "");
    expect(paged).toEqual(all.map(({ id }) => id));
  });

  test("filters by status, graph, root and label", async () => {
    await using bundle = await setup();
    const { app, ids, start } = bundle;
    const root = await start("outer", { labels: { team: "a,b:c", tier: "1" } });
    const single = await start("greeter", { labels: { team: "x", tier: "1" } });
    const found = async (query: string) => listed(await app.get(`/v1/executions?${query}`)).map(({ id }) => id);
    expect(await found("rootsOnly=true")).toEqual([single.id, root.id]);
    expect(await found(`graphId=${String(ids.greeter)}`)).toEqual([single.id]);
    expect(await found("rootsOnly=true&label=tier:1")).toEqual([single.id, root.id]);
    expect(await found("label=tier:1&label=team:a,b:c")).toEqual([root.id]);
    expect(await found("label=tier:2")).toEqual([]);
    expect(await found("status=COMPLETED&rootsOnly=true")).toEqual([single.id, root.id]);
    expect(await found("status=QUEUED,COMPLETED&rootsOnly=true")).toEqual([single.id, root.id]);
    expect(await found("status=QUEUED&status=FAILED")).toEqual([]);
  });

  test("refuses parameters it does not know and values it cannot read", async () => {
    await using bundle = await setup();
    const wrong = {
      colour: "colour=red",
      status: "status=DONE",
      "status/1": "status=QUEUED,DONE",
      limit: "limit=0",
      rootsOnly: "rootsOnly=yes",
      graphId: "graphId=x",
      "label/0": "label=team",
      cursor: "cursor=nonsense",
    };
    for (const [name, query] of Object.entries(wrong)) {
      const answer = await bundle.app.get(`/v1/executions?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
      const pointers = (answer.body["errors"] as { pointer: string }[]).map(({ pointer }) => pointer);
      expect(pointers).toEqual([expect.stringMatching(new RegExp(`^/query/${name.split("/")[0] ?? ""}`))]);
    }
  });

  test("shows an owner's own executions only", async () => {
    await using bundle = await setup();
    const made = await bundle.start("greeter");
    const bob = { "X-Treeline-Owner": "bob" };
    expect(await bundle.app.get("/v1/executions", bob)).toMatchObject({ status: 200, body: { executions: [] } });
    for (const part of ["", "/tree", "/nodes"]) {
      expect(await bundle.app.get(`/v1/executions/${made.id}${part}`)).toMatchObject({ status: 200 });
      expect(await bundle.app.get(`/v1/executions/${made.id}${part}`, bob)).toMatchObject({ status: 404 });
      for (const id of [unknownId, "nonsense", "%00"]) {
        const answer = await bundle.app.get(`/v1/executions/${id}${part}`);
        expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
      }
    }
  });
});

describe("GET /v1/executions/{id}/tree", () => {
  test("nests all descendants, with the nodes that run them and the totals of every branch", async () => {
    await using bundle = await setup();
    const root = await bundle.start("outer");
    const { status, body } = await bundle.app.get(`/v1/executions/${root.id}/tree`);
    expect(status).toBe(200);
    const tree = treeJson.parse(body);
    expect(tree).toMatchObject({
      ...{ node: null, truncated: false, execution: { id: root.id, graphName: "Outer", depth: 0 } },
      totals: { executions: 5, live: 0, byStatus: { COMPLETED: 5 }, charge: 0, nodeExecutions: 14 },
    });
    expect(tree.children.map(({ node }) => node)).toEqual([
      { id: "a", label: "AgentExecutor", item: null },
      { id: "b", label: "AgentExecutor", item: null },
    ]);
    const [a] = tree.children;
    expect(a).toMatchObject({
      execution: { ancestors: [root.id], parentId: root.id, rootId: root.id, outputs: { result: ["Hi a!"] } },
      totals: { executions: 2, live: 0, byStatus: { COMPLETED: 2 }, nodeExecutions: 6 },
      children: [{ node: { id: "greet", label: "Greet them" }, children: [], totals: { executions: 1 } }],
    });
  });

  test("is cut at ?depth, says so, and still counts what is below", async () => {
    await using bundle = await setup();
    const root = await bundle.start("outer");
    const at = async (depth: number) =>
      treeJson.parse((await bundle.app.get(`/v1/executions/${root.id}/tree?depth=${depth}`)).body);
    expect(await at(0)).toMatchObject({ children: [], truncated: true, totals: { executions: 5 } });
    const one = await at(1);
    expect(one).toMatchObject({ truncated: false, totals: { executions: 5 } });
    expect(one.children).toMatchObject([
      { children: [], truncated: true, totals: { executions: 2 } },
      { children: [], truncated: true, totals: { executions: 2 } },
    ]);
    expect((await at(2)).children).toMatchObject([{ truncated: false }, { truncated: false }]);
  });

  test("of an execution inside a tree shows its branch alone", async () => {
    await using bundle = await setup();
    const root = await bundle.start("outer");
    const whole = treeJson.parse((await bundle.app.get(`/v1/executions/${root.id}/tree`)).body);
    const [branch] = whole.children;
    const { body } = await bundle.app.get(`/v1/executions/${branch?.execution.id ?? ""}/tree`);
    expect(body).toEqual(branch);
  });
});

describe("GET /v1/executions/{id}/nodes", () => {
  test("lists node executions in the order they were made, with what went in and came out", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start("greeter", { inputs: { who: "Ada" } });
    const { status, body } = await bundle.app.get(`/v1/executions/${id}/nodes`);
    expect(status).toBe(200);
    expect(body["nextCursor"]).toBeNull();
    const nodes = nodeExecution.array().parse(body["nodes"]);
    expect(nodes.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(nodes).toMatchObject([
      { nodeId: "who", label: "Who", blockName: "AgentShortTextInput", outputs: [{ pin: "result", value: "Ada" }] },
      {
        ...{ nodeId: "fill", label: "FillTextTemplate", status: "COMPLETED", endReason: "finished", executionId: id },
        inputs: { values: { person: "Ada", mark: "!" }, "values_#_person": "Ada" },
        outputs: [{ pin: "output", value: "Hi Ada!" }],
      },
      { nodeId: "out", label: "AgentOutput", error: null, missingPins: null, progress: null, childExecutionId: null },
    ]);
  });

  test("filters by status and node, and pages", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start("middle", { inputs: { name: "Ada" } });
    const get = async (query: string) => {
      const { body } = await bundle.app.get(`/v1/executions/${id}/nodes?${query}`);
      const nodes = nodeExecution.array().parse(body["nodes"]);
      return { nodes: nodes.map(({ nodeId }) => nodeId), next: body["nextCursor"] };
    };
    expect(await get("nodeId=greet")).toEqual({ nodes: ["greet"], next: null });
    expect((await get("status=FAILED")).nodes).toEqual([]);
    expect((await get("status=FAILED,COMPLETED")).nodes).toEqual(["name", "greet", "result"]);
    const first = await get("limit=2");
    expect(first.nodes).toEqual(["name", "greet"]);
    expect(await get(`limit=2&cursor=${String(first.next)}`)).toEqual({ nodes: ["result"], next: null });
    expect(await bundle.app.get(`/v1/executions/${id}/nodes?nodeId=%00`)).toMatchObject({ status: 400 });
  });

  test("names the execution that a nested graph ran as", async () => {
    await using bundle = await setup();
    const { id } = await bundle.start("middle", { inputs: { name: "Ada" } });
    const { body } = await bundle.app.get(`/v1/executions/${id}/nodes?nodeId=greet`);
    const [greet] = nodeExecution.array().parse(body["nodes"]);
    const child = await bundle.app.get(`/v1/executions/${String(greet?.childExecutionId)}`);
    expect(child.body).toMatchObject({
      parentId: id,
      parentNodeExecutionId: greet?.id,
      outputs: { greeting: ["Hi Ada!"] },
    });
  });
});
