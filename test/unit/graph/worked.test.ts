import fc from "fast-check";
import { catalog } from "../../../blocks/catalog";
import { compileGraph } from "../../../graph/compile";
import type { GraphNode } from "../../../graph/definition";
import type { Json, JsonObject } from "../../../graph/json";
import { node, register } from "./fixtures";
import { interpret } from "./interpret";
import { stubOf } from "./stubs";

type Seen = {
  readonly outputs: { readonly [name: string]: readonly Json[] };
  /** How many executions each node had. */
  readonly counts: { readonly [nodeId: string]: number };
  readonly inputsOf: (nodeId: string) => readonly JsonObject[];
  readonly left: readonly (readonly [nodeId: string, inputs: JsonObject])[];
};

/** Runs the graph in 100 interleavings; what `check` expects has to hold in each. */
function always(
  nodes: readonly GraphNode[],
  links: readonly string[],
  inputs: JsonObject,
  check: (seen: Seen) => void,
) {
  const graph = compileGraph(register(nodes, links).definition, catalog);
  const blockOf = (nodeId: string) => graph.nodes.get(nodeId)?.block;
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (stream) => {
      const pick = (count: number) => Number(stream.next().value) % count;
      const { ran, left } = interpret(graph, inputs, (nodeId) => stubOf(blockOf(nodeId)?.id ?? ""), pick);
      const outputs = new Map<string, Json[]>();
      const counts = new Map<string, number>();
      for (const { nodeId, inputs: used, emitted } of ran) {
        counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
        if (blockOf(nodeId)?.role !== "output") continue;
        const name = String(used.name);
        const values = emitted.filter(({ pin }) => pin === "output").map(({ value }) => value);
        outputs.set(name, [...(outputs.get(name) ?? []), ...values]);
      }
      check({
        outputs: Object.fromEntries(outputs),
        counts: Object.fromEntries(counts),
        inputsOf: (nodeId) => ran.filter((one) => one.nodeId === nodeId).map((one) => one.inputs),
        left: left.map((one) => [one.nodeId, one.inputs] as const),
      });
    }),
  );
}

const input = (name: string, constants: JsonObject = {}) => node(name, "AgentInput", { name, ...constants });
const output = (name: string, constants: JsonObject = {}) => node(name, "AgentOutput", { name, ...constants });
const store = (id: string, value?: Json) => node(id, "StoreValue", value === undefined ? {} : { input: value });
const items = (id: string, ...values: Json[]) => node(id, "StepThroughItems", { items: values });

describe("worked expectations, in any interleaving", () => {
  test("W1: a template waits for all its linked pins and records folded and flat keys", () => {
    const fill = node("fill", "FillTextTemplate", { format: "{{a}} {{b}}{{c}}", "values_#_c": "!" });
    const links = ["a.result -> fill.values_#_a", "b.result -> fill.values_#_b", "fill.output -> store.input"];
    always([input("a"), input("b"), fill, store("store")], links, { a: "Good", b: "day" }, (seen) => {
      expect(seen.counts).toEqual({ a: 1, b: 1, fill: 1, store: 1 });
      expect(seen.inputsOf("store")).toEqual([{ input: "Good day!" }]);
      expect(JSON.stringify(seen.inputsOf("fill"))).toBe(
        JSON.stringify([
          {
            format: "{{a}} {{b}}{{c}}",
            "values_#_c": "!",
            "values_#_a": "Good",
            "values_#_b": "day",
            values: { c: "!", a: "Good", b: "day" },
          },
        ]),
      );
    });
  });

  test("W2: a constant never stands in for a linked pin", () => {
    const find = node("find", "FindInDictionary", { key: "", input: {} });
    const links = ["map.output -> find.input", "key.output -> find.key", "find.output -> out.value"];
    always([store("map", { k1: "v1", k2: "v2" }), store("key", "k2"), find, output("out")], links, {}, (seen) => {
      expect(seen.counts).toEqual({ map: 1, key: 1, find: 1, out: 1 });
      expect(seen.outputs).toEqual({ out: ["v2"] });
    });
  });

  test("W3: a static value feeds what waited for it, however late it comes", () => {
    const nodes = [store("x", 4), store("y", 4), store("z", 4), store("b", 5), store("b2")];
    const links = ["x.output -> add.a", "y.output -> add.a", "z.output -> add.a", "b.output -> b2.input"];
    always(
      [...nodes, node("add", "Calculator", { operation: "Add" }), output("sum")],
      [...links, "b2.output -> add.b", "add.result -> sum.value"],
      {},
      (seen) => {
        expect(seen.counts).toEqual({ x: 1, y: 1, z: 1, b: 1, b2: 1, add: 3, sum: 3 });
        expect(seen.outputs).toEqual({ sum: [9, 9, 9] });
        expect(seen.left).toEqual([]);
      },
    );
  });

  test.each([
    ["W4: a preset", { dictionary: { p: 1, q: 2 }, selected: "q" }, 2],
    ["W5: a preset overridden by the start", { dictionary: { p: 1, q: 2 }, selected: "p" }, 1],
  ])("%s", (_, given, found) => {
    const nodes = [input("dictionary"), input("selected"), store("kept", "other"), node("find", "FindInDictionary")];
    const links = ["dictionary.result -> kept.input", "kept.output -> find.input", "selected.result -> find.key"];
    always([...nodes, output("out")], [...links, "find.output -> out.value"], given, (seen) => {
      expect(seen.counts).toEqual({ dictionary: 1, selected: 1, kept: 1, find: 1, out: 1 });
      expect(seen.outputs).toEqual({ out: [found] });
    });
  });

  test.each([
    [{ who: "Ada" }, "Hi Ada!"],
    [{}, "Hi you!"],
  ])("W6: the greeter, started with %j", (given, greeting) => {
    const fill = node("fill", "FillTextTemplate", { format: "Hi {{person}}{{mark}}", "values_#_mark": "!" });
    const nodes = [node("who", "AgentShortTextInput", { name: "who", value: "you" }), fill, output("greeting")];
    const links = ["who.result => fill.values_#_person", "fill.output -> greeting.value"];
    always(nodes, links, given, (seen) => {
      expect(seen.counts).toEqual({ who: 1, fill: 1, greeting: 1 });
      expect(seen.outputs).toEqual({ greeting: [greeting] });
    });
  });

  test("W7: two sources are zipped, and what finds no partner is left", () => {
    const nodes = [
      items("a", 1, 2, 3),
      items("b", 10, 20),
      node("add", "Calculator", { operation: "Add" }),
      output("sum"),
    ];
    const links = ["a.item -> add.a", "b.item -> add.b", "add.result -> sum.value"];
    always(nodes, links, {}, (seen) => {
      expect(seen.outputs).toEqual({ sum: [11, 22] });
      expect(seen.counts).toEqual({ a: 1, b: 1, add: 2, sum: 2 });
      expect(seen.left).toEqual([["add", { a: 3 }]]);
    });
  });

  test("W8: a static value is used again for each value that is not", () => {
    const nodes = [
      items("a", 1, 2, 3),
      input("n"),
      node("times", "Calculator", { operation: "Multiply" }),
      output("p"),
    ];
    const links = ["a.item -> times.a", "n.result -> times.b", "times.result -> p.value"];
    always(nodes, links, { n: 10 }, (seen) => {
      expect(seen.outputs).toEqual({ p: [10, 20, 30] });
      expect(seen.counts).toEqual({ a: 1, n: 1, times: 3, p: 3 });
      expect(seen.left).toEqual([]);
    });
  });

  test("W9: two links into one pin merge, each in its own order", () => {
    const nodes = [items("first", "x"), items("second", "y", "z"), output("all")];
    always(nodes, ["first.item -> all.value", "second.item -> all.value"], {}, (seen) => {
      expect(seen.counts).toEqual({ first: 1, second: 1, all: 3 });
      expect(seen.outputs.all?.toSorted()).toEqual(["x", "y", "z"]);
      expect(seen.outputs.all?.filter((value) => value !== "x")).toEqual(["y", "z"]);
    });
  });

  test("W10: a loop gathers a list", () => {
    const nodes = [
      items("letters", "a", "b", "c"),
      node("empty", "CreateList", { values: [] }),
      node("add", "AddToList"),
    ];
    const links = ["letters.item -> add.entry", "empty.list -> add.list", "add.updated_list -> add.list"];
    always(
      [
        ...nodes,
        node("count", "CountItems"),
        store("three", 3),
        node("done", "Condition", { operator: "==" }),
        output("all"),
      ],
      [
        ...links,
        "add.updated_list -> count.collection",
        "add.updated_list -> done.yes_value",
        "count.count -> done.value1",
        "three.output -> done.value2",
        "done.yes_output -> all.value",
      ],
      {},
      (seen) => {
        expect(seen.outputs).toEqual({ all: [["a", "b", "c"]] });
        expect(seen.counts).toEqual({ letters: 1, empty: 1, add: 3, count: 3, three: 1, done: 3, all: 1 });
        expect(seen.left).toEqual([["add", { list: ["a", "b", "c"] }]]);
      },
    );
  });

  test("W11: a loop counts down", () => {
    const subtract = node("subtract", "Calculator", { operation: "Subtract", b: 1 });
    const positive = node("positive", "Condition", { operator: ">", value2: 0, no_value: "done" });
    const links = ["n.result -> subtract.a", "subtract.result -> positive.value1", "positive.yes_output -> subtract.a"];
    always(
      [input("n"), subtract, positive, output("end")],
      [...links, "positive.no_output -> end.value"],
      { n: 3 },
      (seen) => {
        expect(seen.outputs).toEqual({ end: ["done"] });
        expect(seen.counts).toEqual({ n: 1, subtract: 3, positive: 3, end: 1 });
      },
    );
  });

  test("W12: error is an output pin like any other", () => {
    const remove = node("remove", "RemoveFromDictionary", { dictionary: { a: 1 }, key: "z" });
    const links = ["remove.error -> err.value", "remove.updated_dictionary -> never.value", "one.output -> ok.value"];
    always([remove, output("err"), output("never"), store("one", 1), output("ok")], links, {}, (seen) => {
      expect(seen.outputs).toEqual({ err: ["no key z"], ok: [1] });
      expect(seen.counts).toEqual({ remove: 1, err: 1, one: 1, ok: 1 });
    });
  });

  test("W15: an absent input leaves what waits for it unfed", () => {
    const nodes = [
      input("a"),
      input("b", { value: "B" }),
      node("add", "Calculator", { operation: "Add" }),
      output("s"),
    ];
    always(nodes, ["a.result -> add.a", "b.result -> add.b", "add.result -> s.value"], {}, (seen) => {
      expect(seen.outputs).toEqual({});
      expect(seen.left).toEqual([["add", { b: "B" }]]);
    });
  });

  test("W16: where all links are static, each new value runs the sink again", () => {
    const nodes = [items("a", 1), items("b", 10, 20), node("add", "Calculator", { operation: "Add" }), output("s")];
    always(nodes, ["a.item => add.a", "b.item => add.b", "add.result -> s.value"], {}, (seen) => {
      expect(seen.outputs).toEqual({ s: [11, 21] });
      expect(seen.left).toEqual([]);
    });
  });
});
