import { agentExecutorBlockId } from "../../../graph/block";
import { catalog } from "../../../blocks/catalog";
import type { GraphDraft, GraphNode } from "../../../graph/definition";
import { parseGraphId } from "../../../graph/ids";
import type { NestedGraph } from "../../../graph/definition";
import { planRegistration } from "../../../graph/register";
import { countGraphs, draft, node } from "./fixtures";

const saved: NestedGraph = {
  graphId: parseGraphId("11111111-1111-7111-8111-111111111111"),
  version: 2,
  inputSchema: { type: "object", properties: { who: {} }, required: ["who"] },
  outputSchema: { type: "object", properties: { greeting: {} }, required: [] },
};

/** Faults as [pointer, detail]. */
function faultsOf(given: GraphDraft): [string, string][] {
  const mintGraphId = countGraphs();
  const registration = planRegistration(given, {
    blocks: catalog,
    target: { id: mintGraphId(), version: 1 },
    findGraph: (id, version) => (id === saved.graphId && version === saved.version ? saved : null),
    mintGraphId,
  });
  return registration.ok ? [] : registration.faults.map(({ pointer, detail }) => [pointer, detail]);
}

const add = (id: string, more: Partial<GraphNode> = {}): GraphNode => ({
  ...node(id, "Calculator", { operation: "Add", a: 1, b: 2 }),
  ...more,
});
const nested = (id: string, constants: GraphNode["constants"]) => ({ id, blockId: agentExecutorBlockId, constants });
const containing = (text: string): string => expect.stringContaining(text) as string;

describe("validateGraph", () => {
  test("finds nothing wrong with a graph that merges, loops and nests", () => {
    const child = nested("child", { graphId: saved.graphId, graphVersion: 2 });
    const nodes = [
      node("in", "AgentInput", { name: "in" }),
      add("x"),
      add("y"),
      child,
      node("out", "AgentOutput", { name: "out" }),
    ];
    const links = [
      "in.result -> x.a",
      "x.result -> y.b",
      "y.result -> x.a",
      "y.error -> child.who",
      "child.greeting -> out.value",
      "child.error -> out.value",
    ];
    expect(faultsOf(draft([...nodes, node("note", "Note")], links))).toEqual([]);
  });

  test("names an unknown block, and does not check the pins of its node", () => {
    const unknown = { id: "x", blockId: "00000000-0000-4000-8000-000000000000", constants: {} };
    expect(faultsOf(draft([unknown, add("y")], ["x.anything -> y.a", "y.result -> x.whatever"]))).toEqual([
      ["/nodes/0/blockId", expect.stringMatching(/^unknown block 00000000-0000-4000-8000-000000000000/)],
    ]);
  });

  test.each([
    ["a missing source", "z.result -> y.a", "/links/0/sourceId", 'there is no node "z"; there is "x1", "y"'],
    ["a missing sink", "x1.result -> Y.a", "/links/0/sinkId", 'there is no node "Y"; did you mean "y"?'],
    [
      "a missing output pin",
      "x1.reslut -> y.a",
      "/links/0/sourceName",
      'no output pin "reslut"; did you mean "result"?',
    ],
    [
      "a missing input pin",
      "x1.result -> y.number",
      "/links/0/sinkName",
      'no input pin "number"; there is "operation", "a"',
    ],
    ["a part of a missing pin", "x1.result -> y.rounds_#_k", "/links/0/sinkName", 'no input pin "rounds"'],
    ["a malformed dynamic pin", "x1.result -> y.a_#_", "/links/0/sinkName", 'malformed dynamic pin "a_#_"'],
    ["an index that is no number", "x1.result -> y.a_$_x", "/links/0/sinkName", "malformed dynamic pin"],
    ["a malformed selector", "x1.result_$_ -> y.a", "/links/0/sourceName", "malformed dynamic pin"],
  ])("names %s of a link", (_, text, pointer, detail) => {
    expect(faultsOf(draft([add("x1"), add("y")], [text]))).toEqual([[pointer, containing(detail)]]);
  });

  test("accepts selectors and parts of a pin, whatever their kind", () => {
    const fill = node("fill", "FillTextTemplate", { format: "", "values_#_b": 1 });
    expect(faultsOf(draft([add("x"), fill], ["x.result_#_k -> fill.values_#_a_$_0_@_b"]))).toEqual([]);
  });

  test("names a node id used twice and a link that says the same as another", () => {
    const links = ["x.result -> y.a", "x.result -> y.a", "x.result -> y.b"];
    expect(faultsOf(draft([add("x"), add("y"), add("x")], links))).toEqual([
      ["/nodes/2/id", containing('"x" is the id of /nodes/0')],
      ["/links/1", containing("/links/0")],
    ]);
  });

  test("names each required input that nothing gives; dynamic pins and defaults give one", () => {
    const nodes = [
      node("bare", "Calculator", { b: 1 }),
      node("fill", "FillTextTemplate", { "values_#_b": 1 }),
      node("in", "AgentInput", {}),
      node("out", "AgentOutput", { name: 7 }),
    ];
    expect(faultsOf(draft(nodes, ["in.result -> bare.a", "in.result -> fill.format"]))).toEqual([
      ["/nodes/0/constants/operation", containing('Calculator needs the input "operation"')],
      ["/nodes/2/constants/name", containing("must be a text")],
      ["/nodes/3/constants/name", containing("must be a text")],
    ]);
  });

  test("names malformed keys of constants, escaped as JSON pointers want it", () => {
    const fill = node("fill", "FillTextTemplate", { format: "", values: {}, "values_#_": 1, "~a/b_#_": 1 });
    expect(faultsOf(draft([fill], [])).map(([pointer]) => pointer)).toEqual([
      "/nodes/0/constants/values_#_",
      "/nodes/0/constants/~0a~1b_#_",
    ]);
  });

  test.each([
    ["no id", {}, "/nodes/0/constants/graphId"],
    ["an id that is none of ours", { graphId: "child", graphVersion: 1 }, "/nodes/0/constants/graphId"],
    ["a version that is not there", { graphId: saved.graphId, graphVersion: 3 }, "/nodes/0/constants/graphId"],
    ["no version", { graphId: saved.graphId }, "/nodes/0/constants/graphVersion"],
    ["a version that is no number", { graphId: saved.graphId, graphVersion: "2" }, "/nodes/0/constants/graphVersion"],
  ])("names a nested graph with %s, and does not check its pins", (_, constants, pointer) => {
    const faults = faultsOf(
      draft([nested("child", constants), add("x"), add("y")], ["child.any -> x.a", "y.result -> child.any"]),
    );
    expect(faults.map(([at]) => at)).toEqual([pointer]);
  });

  test("checks the pins of a nested graph, but not whether its inputs are given", () => {
    const child = nested("child", { graphId: saved.graphId, graphVersion: 2 });
    expect(
      faultsOf(
        draft(
          [child, add("x"), add("y")],
          ["child.greting -> x.a", "child.greeting -> x.b", "y.result -> child.graphId"],
        ),
      ),
    ).toEqual([
      ["/links/0/sourceName", 'the nested graph has no output pin "greting"; did you mean "greeting"?'],
      ["/links/2/sinkName", containing('the nested graph has no input pin "graphId"; there is "who"')],
    ]);
  });

  test.each([
    ["is empty", [], []],
    ["is one loop", [add("x"), add("y")], ["x.result -> y.a", "y.result -> x.a"]],
    ["holds a note only", [node("n", "Note", { text: "x" })], []],
  ])("refuses a graph that %s, since nothing would start", (_, nodes, links) => {
    expect(faultsOf(draft(nodes, links))).toEqual([["/nodes", containing("no node can start")]]);
  });

  test("names texts that are no durations", () => {
    const retried = add("x", { timeout: "soon", retry: { firstInterval: "1x", maxInterval: "0s" } });
    expect(
      faultsOf(draft([retried], [], { settings: { limits: { runTime: "24 h" } } })).map(([pointer]) => pointer),
    ).toEqual([
      "/nodes/0/timeout",
      "/nodes/0/retry/firstInterval",
      "/nodes/0/retry/maxInterval",
      "/settings/limits/runTime",
    ]);
  });

  test("refuses masks of pins that a node lacks, and of a nested graph what is no mask by node", () => {
    const nests = { blockId: agentExecutorBlockId, constants: { graphId: "sub", masks: [1] }, masks: { s: "text" } };
    const sub = draft([node("s", "StoreValue", { input: 1 })], [], { id: "sub" });
    const nodes = [add("x", { masks: { aa: 1, "b_#_k": 2 } }), { id: "n", ...nests }];
    expect(faultsOf(draft(nodes, [], { subGraphs: [sub] })).map(([pointer]) => pointer)).toEqual([
      "/nodes/0/masks/aa",
      "/nodes/1/constants/masks",
      "/nodes/1/masks",
    ]);
  });

  test("refuses a list that one pin name would make very long, and takes a selector of any index", () => {
    const stores = [node("a", "StoreValue", { input: [] }), node("b", "StoreValue", { input_$_1000: 1 })];
    expect(faultsOf(draft(stores, ["a.output_$_5000 -> b.input_$_999", "a.output -> b.input_$_1000"]))).toEqual([
      ["/nodes/1/constants/input_$_1000", expect.stringContaining("more than 1000 items")],
      ["/links/1/sinkName", expect.stringContaining("more than 1000 items")],
    ]);
  });

  test("lists the faults of the graph and of all its subGraphs at once", () => {
    const sub = draft([node("s", "Calculator", { operation: "Add", a: 1 })], ["s.result -> t.a"], { id: "sub" });
    const faults = faultsOf(draft([add("x", { blockId: "gone" })], ["x.result -> y.a"], { subGraphs: [sub, sub] }));
    expect(faults.map(([pointer]) => pointer)).toEqual([
      "/nodes/0/blockId",
      "/links/0/sinkId",
      "/subGraphs/0/nodes/0/constants/b",
      "/subGraphs/0/links/0/sinkId",
      "/subGraphs/1/nodes/0/constants/b",
      "/subGraphs/1/links/0/sinkId",
      "/subGraphs/1/id",
    ]);
  });

  test("answers a request that is nothing but faults, with every one", () => {
    const nodes = Array.from({ length: 500 }, (_, i) => add(`node-${i}`));
    const links = Array.from(
      { length: 5_000 },
      (_, i) => `${"x".repeat(150)}${i}.${"y".repeat(200)} -> node-${i % 500}.${"z".repeat(200)}`,
    );
    expect(faultsOf(draft(nodes, links))).toHaveLength(10_000);
  });

  test("refuses a map of a pin that the nested graph lacks, of a detached one, and of what is no nested graph", () => {
    const nests = { graphId: saved.graphId, graphVersion: 2 };
    const maps = (pin: string): GraphNode => ({ ...nested("n", nests), map: { pin } });
    expect(faultsOf(draft([maps("who")], []))).toEqual([]);
    expect(faultsOf(draft([maps("whom")], []))).toEqual([["/nodes/0/map/pin", containing('no input pin "whom"')]]);
    expect(faultsOf(draft([{ ...maps("who"), lifecycle: "detached" }], []))).toEqual([
      ["/nodes/0/map", containing("detached")],
    ]);
    expect(faultsOf(draft([add("x", { map: { pin: "a" } })], []))).toEqual([
      ["/nodes/0/map", containing("is of nested graphs")],
    ]);
  });

  test("gives a detached nested graph no pins but its execution's id and its error", () => {
    const child: GraphNode = { ...nested("child", { graphId: saved.graphId, graphVersion: 2 }), lifecycle: "detached" };
    const out = node("out", "AgentOutput", { name: "out" });
    const links = ["in.result -> child.who", "child.executionId -> out.value", "child.error -> out.value"];
    const nodes = [node("in", "AgentInput", { name: "in" }), child, out];
    expect(faultsOf(draft(nodes, links))).toEqual([]);
    expect(faultsOf(draft(nodes, [...links, "child.greeting -> out.value"]))).toEqual([
      ["/links/3/sourceName", containing('a detached nested graph has no output pin "greeting"')],
    ]);
    expect(faultsOf(draft([add("x", { lifecycle: "detached" })], []))).toEqual([
      ["/nodes/0/lifecycle", containing("nested graphs")],
    ]);
  });
});
