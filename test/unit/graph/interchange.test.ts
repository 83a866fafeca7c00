import fc from "fast-check";
import { catalog } from "../../../blocks/catalog";
import { agentExecutorBlockId } from "../../../graph/block";
import type { BlockCatalog } from "../../../graph/block";
import type { GraphDraft, GraphNode } from "../../../graph/definition";
import { exportGraph } from "../../../graph/export";
import { planImport } from "../../../graph/import";
import type { Json, JsonObject } from "../../../graph/json";
import { planRegistration } from "../../../graph/register";
import type { RegisteredGraph } from "../../../graph/register";
import { exportedGraph } from "../../../graph/schema";
import { blockId, countGraphs, draft, node } from "./fixtures";

type File = { [key: string]: unknown };

function importing(file: File, blocks: BlockCatalog = catalog) {
  let nodes = 0;
  return planImport(exportedGraph.parse(file), {
    blocks,
    mintGraphId: countGraphs(),
    mintNodeId: () => `node ${++nodes}`,
  });
}

function imported(file: File) {
  const plan = importing(file);
  if (!plan.ok) throw new Error(JSON.stringify(plan.faults));
  return plan;
}

const toolsOnly = { type: "object", properties: { tools: {} }, required: [] } as const;

function faultsOf(file: File): [string, string][] {
  const plan = importing(file);
  return plan.ok ? [] : plan.faults.map(({ pointer, detail }) => [pointer, detail]);
}

const fileNode = (id: string, block: string, constants: JsonObject = {}) => ({
  id,
  block_id: blockId(block),
  input_default: constants,
});
const fileLink = (source: string, output: string, sink: string, input: string) => ({
  source_id: source,
  source_name: output,
  sink_id: sink,
  sink_name: input,
});
const agent = (id: string, graphId: string, version: number, more: JsonObject = {}) => ({
  id,
  block_id: agentExecutorBlockId,
  input_default: {
    user_id: "u",
    graph_id: graphId,
    graph_version: version,
    inputs: {},
    input_schema: {},
    output_schema: {},
    ...more,
  },
});

const greeter = {
  name: "Greeter",
  description: "says hello",
  version: 1,
  is_active: true,
  nodes: [
    {
      ...fileNode("n-in", "AgentShortTextInput", { name: "who", value: "you" }),
      metadata: { position: { x: 0, y: 2 } },
    },
    {
      ...fileNode("n-fill", "FillTextTemplate", { format: "Hi {{person}}{{mark}}", "values_#_mark": "!" }),
      metadata: {},
    },
    {
      ...fileNode("n-out", "AgentOutput", { name: "greeting" }),
      metadata: { customized_name: "The greeting", colour: "red" },
    },
  ],
  links: [
    { id: "l1", ...fileLink("n-in", "result", "n-fill", "values_#_person"), is_static: true },
    { id: "l2", ...fileLink("n-fill", "output", "n-out", "value"), is_static: false },
  ],
  sub_graphs: [],
};

describe("planImport", () => {
  test("reads the minimal form, with new ids for nodes", () => {
    const { graph, subGraphs, warnings } = imported(greeter);
    expect(graph).toMatchObject({ name: "Greeter", description: "says hello", version: 1 });
    expect(graph.definition.nodes).toEqual([
      {
        id: "node 1",
        blockId: blockId("AgentShortTextInput"),
        constants: { name: "who", value: "you" },
        position: { x: 0, y: 2 },
      },
      {
        id: "node 2",
        blockId: blockId("FillTextTemplate"),
        constants: { format: "Hi {{person}}{{mark}}", "values_#_mark": "!" },
      },
      {
        id: "node 3",
        blockId: blockId("AgentOutput"),
        constants: { name: "greeting" },
        label: "The greeting",
        metadata: { colour: "red" },
      },
    ]);
    expect(graph.definition.links).toEqual([
      {
        id: "l1",
        sourceId: "node 1",
        sourceName: "result",
        sinkId: "node 2",
        sinkName: "values_#_person",
        isStatic: true,
      },
      { id: "l2", sourceId: "node 2", sourceName: "output", sinkId: "node 3", sinkName: "value", isStatic: false },
    ]);
    expect(subGraphs).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("reads old files: without sub_graphs, metadata and input_default, with is_template and placeholder_values", () => {
    const dropdown = fileNode("d", "AgentDropdownInput", { name: "d", placeholder_values: ["a", "b"] });
    const { graph } = imported({
      name: "Old",
      is_template: false,
      nodes: [dropdown, { id: "n", block_id: blockId("Note"), metadata: null, input_default: { text: "" } }],
      links: [],
      sub_graphs: null,
    });
    expect(graph.definition.nodes[0]?.constants).toEqual({ name: "d", options: ["a", "b"] });
    expect(graph.inputSchema.properties.d?.enum).toEqual(["a", "b"]);
  });

  test("connects nested graphs by id and version, and drops what is computed or belongs to a user", () => {
    const sub = { ...greeter, id: "g" };
    const newer = { ...greeter, id: "g", version: 2, name: "Newer" };
    const main = {
      id: "main",
      version: 7,
      name: "Main",
      nodes: [
        agent("a", "g", 1, { nodes_input_masks: { x: { y: 1 } }, agent_name: "Greeter" }),
        agent("b", "g", 2),
        agent("c", "main", 7),
      ],
      links: [fileLink("a", "greeting", "b", "who")],
      sub_graphs: [sub, newer],
    };
    const { graph, subGraphs } = imported(main);
    expect(graph.definition.nodes.map(({ constants }) => constants)).toEqual([
      { graphId: subGraphs[0]?.id, graphVersion: 1, inputs: {}, masks: { x: { y: 1 } }, agent_name: "Greeter" },
      { graphId: subGraphs[1]?.id, graphVersion: 1, inputs: {} },
      { graphId: graph.id, graphVersion: 1, inputs: {} },
    ]);
    expect(subGraphs.map(({ name }) => name)).toEqual(["Greeter", "Newer"]);
    expect(new Set([graph.id, ...subGraphs.map(({ id }) => id)]).size).toBe(3);
  });

  test("lists every unknown block with its node, wherever it is, and does not check its pins", () => {
    const unknown = { id: "x", block_id: "00000000-0000-4000-8000-000000000001" };
    const sub = { id: "s", name: "Sub", nodes: [unknown] };
    const nodes = [unknown, fileNode("n", "AgentOutput", { name: "o" }), { ...unknown, id: "y" }];
    const links = [fileLink("x", "any", "n", "value"), fileLink("n", "output", "y", "any")];
    expect(faultsOf({ name: "F", nodes, links, sub_graphs: [sub] })).toEqual([
      ["/nodes/0/block_id", expect.stringMatching(/^unknown block 0{8}-.* of node "x"/)],
      ["/nodes/2/block_id", expect.stringMatching(/^unknown block 0{8}-.* of node "y"/)],
      ["/sub_graphs/0/nodes/0/block_id", expect.stringMatching(/^unknown block/)],
    ]);
  });

  test("names every fault at once, with pointers into the file", () => {
    const nodes = [
      fileNode("n", "FillTextTemplate", { "values_#_": 1, values: {} }),
      agent("a", "absent", 1),
      { ...fileNode("n", "AgentOutput", { name: "o" }), treeline: { timeout: "soon" } },
    ];
    const links = [fileLink("n", "reslut", "gone", "value"), fileLink("n", "output", "n", "text")];
    expect(
      faultsOf({ name: "F", nodes, links, treeline: { settings: { limits: { runTime: "x" } } } }).map(
        ([pointer]) => pointer,
      ),
    ).toEqual([
      "/nodes/0/input_default/values_#_",
      "/nodes/0/input_default/format",
      "/nodes/1/input_default/graph_id",
      "/nodes/2/id",
      "/nodes/2/treeline/timeout",
      "/links/0/source_name",
      "/links/0/sink_id",
      "/links/1/sink_name",
      "/treeline/settings/limits/runTime",
    ]);
  });

  test("says of a nested graph that the file lacks that it was not found", () => {
    expect(faultsOf({ name: "F", nodes: [agent("a", "absent", 3)] })).toEqual([
      ["/nodes/0/input_default/graph_id", expect.stringContaining('there is no "absent" with version 3')],
    ]);
  });

  test("names nodes anew wherever they are named: in tool pins and in masks of nested graphs", () => {
    const caller = { ...catalog.get(blockId("StoreValue"))!, id: "caller", outputSchema: toolsOnly };
    const blocks = new Map([...catalog, ["caller", caller]]);
    const masks = { "n-fill": { format: "{{person}}" }, gone: { x: 1 } };
    const nodes = [
      { id: "ask", block_id: "caller", input_default: { input: 1 } },
      { ...agent("a", "g", 1, { nodes_input_masks: masks }), treeline: { masks: { "n-in": { value: "me" } } } },
    ];
    const links = [
      fileLink("ask", "tools_^_a_~_who", "a", "who"),
      fileLink("ask", "tools_^_some tool_~_field", "a", "who"),
      fileLink("ask", "tools", "a", "who"),
    ];
    const plan = importing({ name: "F", nodes, links, sub_graphs: [{ ...greeter, id: "g" }] }, blocks);
    if (!plan.ok) throw new Error(JSON.stringify(plan.faults));
    const [ask, a] = plan.graph.definition.nodes.map(({ id }) => id);
    const [nIn, nFill] = (plan.subGraphs[0]?.definition.nodes ?? []).map(({ id }) => id);
    expect(plan.graph.definition.links.map(({ sourceId, sourceName }) => [sourceId, sourceName])).toEqual([
      [ask, `tools_^_${a}_~_who`],
      [ask, "tools_^_some tool_~_field"],
      [ask, "tools"],
    ]);
    expect(plan.graph.definition.nodes[1]).toMatchObject({
      constants: { masks: { [`${nFill}`]: { format: "{{person}}" }, gone: { x: 1 } } },
      masks: { [`${nIn}`]: { value: "me" } },
    });
  });

  test("names each unknown field once, and takes those of the format without a word", () => {
    const computed = { input_schema: {}, has_external_trigger: false, is_template: true, user_id: "", removed: [] };
    const nodes = [
      { ...fileNode("a", "StoreValue", { input: 1 }), colour: "red", webhook_id: null, input_links: [] },
      { ...fileNode("b", "StoreValue", { input: 1 }), colour: "blue" },
    ];
    const links = [{ ...fileLink("a", "output", "b", "data"), weight: 1 }];
    expect(imported({ name: "F", nodes, links, ...computed, sub_graphs: [{ ...greeter, mood: 1 }] }).warnings).toEqual([
      { pointer: "/nodes/0/colour", detail: "unknown field of a node, left out in 2 places" },
      { pointer: "/links/0/weight", detail: "unknown field of a link, left out" },
      { pointer: "/sub_graphs/0/mood", detail: "unknown field of a graph, left out" },
    ]);
  });

  test("lists nodes that need a credential as to be connected, and takes none out of a file", () => {
    const properties = { credentials: {}, other_credentials: {}, input: {} };
    const inputSchema = { type: "object", properties, required: ["credentials"] } as const;
    const needy = { ...catalog.get(blockId("StoreValue"))!, id: "needy", name: "Needy", inputSchema };
    const nodes = [
      { id: "a", block_id: "needy", input_default: { other_credentials: { id: "theirs" } } },
      { id: "b", block_id: "needy", input_default: { credentials: null } },
    ];
    const plan = importing({ name: "F", nodes }, new Map([...catalog, ["needy", needy]]));
    if (!plan.ok) throw new Error(JSON.stringify(plan.faults));
    expect(plan.graph.definition.nodes.map(({ constants }) => constants)).toEqual([{}, {}]);
    const detail = (id: string) => `node "${id}" (Needy) needs a credential: to be connected`;
    expect(plan.warnings).toEqual([
      { pointer: "/nodes/0/input_default/credentials", detail: detail("a") },
      { pointer: "/nodes/0/input_default/other_credentials", detail: detail("a") },
      { pointer: "/nodes/1/input_default/credentials", detail: detail("b") },
    ]);
  });

  test("warns of a pin that a static link and a loop feed", () => {
    const nodes = [
      fileNode("s", "StoreValue", { input: [] }),
      fileNode("c", "CreateList", { values: [] }),
      fileNode("add", "AddToList", { entry: 1 }),
      fileNode("other", "AddToList", { entry: 1 }),
    ];
    const loop = fileLink("add", "updated_list", "add", "list");
    const harmless = fileLink("s", "output", "other", "list");
    const plain = fileLink("c", "list", "add", "list");
    const suspect = fileLink("s", "output", "add", "list");
    expect(imported({ name: "F", nodes, links: [loop, harmless, plain] }).warnings).toEqual([]);
    expect(imported({ name: "F", nodes, links: [loop, harmless, suspect] }).warnings).toEqual([
      { pointer: "/links/2", detail: expect.stringContaining('pin "list" of node "add"') },
    ]);
  });
});

describe("exportGraph", () => {
  test("leaves out secret values and credentials, says so, and keeps names that only look secret", () => {
    const secretPin = { ...catalog.get(blockId("StoreValue"))!, id: "secretive" };
    const properties = { ...secretPin.inputSchema.properties, host: { type: "string", secret: true } };
    const blocks = new Map([
      ...catalog,
      ["secretive", { ...secretPin, inputSchema: { ...secretPin.inputSchema, properties } }],
    ]);
    const nodes: GraphNode[] = [
      node("in", "AgentInput", { name: "key", value: "k", secret: true }),
      { id: "s", blockId: "secretive", constants: { input: 1, host: "h", credentials: { id: "c" }, max_tokens: 5 } },
    ];
    const mintGraphId = countGraphs();
    const context = { blocks, target: { id: mintGraphId(), version: 1 }, findGraph: () => null, mintGraphId };
    const registration = planRegistration(draft(nodes, []), context);
    if (!registration.ok) throw new Error("has faults");
    const { file, removed } = exportGraph(registration.graph, [], blocks);
    expect((file.nodes as { input_default: Json }[]).map((one) => one.input_default)).toEqual([
      { name: "key", secret: true },
      { input: 1, max_tokens: 5 },
    ]);
    expect(removed.map(({ pointer }) => pointer)).toEqual([
      "/nodes/0/input_default/value",
      "/nodes/1/input_default/host",
      "/nodes/1/input_default/credentials",
    ]);
  });

  test("leaves out secrets of a nested graph's inputs and of masks", () => {
    const sub = draft(
      [node("k", "AgentInput", { name: "key", secret: true }), node("n", "AgentInput", { name: "n" })],
      [],
      {
        id: "sub",
      },
    );
    const nests = { graphId: "sub", inputs: { key: "hidden", n: 1 } };
    const nodes: GraphNode[] = [
      { id: "a", blockId: agentExecutorBlockId, constants: { ...nests, key: "direct" } },
      { ...node("in", "AgentInput", { name: "in", secret: true }), masks: { value: "masked", description: "d" } },
    ];
    const mintGraphId = countGraphs();
    const context = { blocks: catalog, target: { id: mintGraphId(), version: 1 }, findGraph: () => null, mintGraphId };
    const registration = planRegistration(draft(nodes, [], { subGraphs: [sub] }), context);
    if (!registration.ok) throw new Error(JSON.stringify(registration.faults));
    const { file, removed } = exportGraph(registration.graph, registration.subGraphs, catalog);
    expect(removed.map(({ pointer }) => pointer)).toEqual([
      "/nodes/0/input_default/key",
      "/nodes/0/input_default/inputs/key",
      "/nodes/1/treeline/masks/value",
    ]);
    expect(file.nodes).toMatchObject([
      { input_default: { inputs: { n: 1 } } },
      { treeline: { masks: { description: "d" } } },
    ]);
    expect(JSON.stringify(file)).not.toMatch(/masked|direct|hidden/);
  });

  test("export, import and export again gives the same file apart from ids", () => {
    fc.assert(
      fc.property(drafts, (given) => {
        const mintGraphId = countGraphs();
        const context = {
          blocks: catalog,
          target: { id: mintGraphId(), version: 1 },
          findGraph: () => null,
          mintGraphId,
        };
        const registration = planRegistration(given, context);
        if (!registration.ok) throw new Error(JSON.stringify(registration.faults));
        const first = exportGraph(registration.graph, registration.subGraphs, catalog).file;
        const again = imported(JSON.parse(JSON.stringify(first)) as File);
        const second = exportGraph(again.graph, again.subGraphs, catalog).file;
        expect(withoutIds(second, [again.graph, ...again.subGraphs])).toEqual(
          withoutIds(first, [registration.graph, ...registration.subGraphs]),
        );
      }),
      { numRuns: 50 },
    );
  });
});

/** Ids of graphs and nodes replaced by their place in the file. */
function withoutIds(file: File, graphs: readonly RegisteredGraph[]): unknown {
  const ids = graphs.flatMap(({ id, definition }) => [id, ...definition.nodes.map((one) => one.id)]);
  const text = ids.reduce((sofar, id, i) => sofar.replaceAll(JSON.stringify(id), `"#${i}"`), JSON.stringify(file));
  return JSON.parse(text);
}

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

const nodeFields = fc.record<Partial<GraphNode>>(
  {
    label: fc.string({ minLength: 1 }),
    position: fc.record({ x: fc.integer(), y: fc.integer() }),
    timeout: fc.constantFrom("1s", "1h30m"),
    ordered: fc.boolean(),
    retry: fc.record(
      { attempts: fc.integer({ min: 1, max: 9 }), firstInterval: fc.constant("2s") },
      { requiredKeys: [] },
    ),
    masks: fc.dictionary(fc.constantFrom("data", "input_#_k"), json, { minKeys: 1 }) as fc.Arbitrary<JsonObject>,
    metadata: fc.dictionary(fc.constantFrom("colour", "credentials_optional", "x"), json, { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

/** Any chain of stores, with an Input before it and an Output behind. */
function graphs(name: string, nested: readonly GraphNode[]): fc.Arbitrary<GraphDraft> {
  const stores = fc.array(fc.tuple(nodeFields, fc.dictionary(fc.constantFrom("data", "input_#_k", "odd"), json)), {
    minLength: 1,
    maxLength: 4,
  });
  const settings = fc.option(fc.record({ onNodeFailure: fc.constant("continue" as const) }), {
    nil: undefined,
  });
  const kept = fc.option(fc.record({ instructions: json, forked_from_version: fc.integer() }), { nil: undefined });
  return fc.record({ stores, settings, kept, text: fc.string({ minLength: 1 }), secret: fc.boolean() }).map((made) => {
    const ids = made.stores.map((_, i) => `${name}:store:${i}`);
    const nodes = made.stores.map(([fields, constants], i): GraphNode => ({
      ...node(ids[i] ?? "", "StoreValue", constants),
      ...fields,
    }));
    const links = ids.map((id, i) => `${ids[i - 1] ?? `${name}:in`}.${i === 0 ? "result" : "output"} -> ${id}.input`);
    const ends = [
      node(`${name}:in`, "AgentInput", { name: "in", value: made.text, secret: made.secret }),
      node(`${name}:out`, "AgentOutput", { name: "out" }),
    ];
    const last = `${ids.at(-1)}.output -> ${name}:out.value`;
    return draft([...nodes, ...ends, ...nested], [...links, last], {
      id: name,
      name: made.text,
      ...(made.settings ? { settings: made.settings } : {}),
      ...(made.kept && made.kept.instructions !== null ? { kept: made.kept } : {}),
    });
  });
}

const nests = (id: string, graphId: string, constants: JsonObject = {}): GraphNode => ({
  id,
  blockId: agentExecutorBlockId,
  constants: { graphId, ...constants },
});

const drafts = fc
  .tuple(
    graphs("main", [nests("main:one", "one", { inputs: { in: 1 } }), nests("main:main", "main")]),
    graphs("one", [nests("one:two", "two", { agent_name: "Two", masks: { "two:in": { value: 1 }, a: { b: 1 } } })]),
    graphs("two", []),
  )
  .map(([main, ...subGraphs]): GraphDraft => ({ ...main, subGraphs }));
