import type { BlockDefinition } from "../../../graph/block";
import { compileGraph } from "../../../graph/compile";
import type { Masks, NestedGraph } from "../../../graph/definition";
import { deliver, openPlanner, start } from "../../../graph/deliver";
import type { Delivery, Pending } from "../../../graph/deliver";
import { parseGraphId } from "../../../graph/ids";
import type { Json, JsonObject, PinSchema } from "../../../graph/json";
import { childInputs, missingChildInputs } from "../../../graph/nested";
import { countExecutions, link } from "./fixtures";

const pins = (names: readonly string[], required: readonly string[] = []): PinSchema => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, {}])),
  required,
});

const block = (id: string, more: Partial<BlockDefinition> = {}): BlockDefinition => ({
  id,
  name: id,
  description: "",
  placement: "inline",
  role: "standard",
  staticOutput: false,
  errorPin: true,
  inputSchema: pins(["a", "b", "c"]),
  outputSchema: pins(["out"]),
  cost: [],
  ...more,
});

const blocks = new Map(
  [
    block("plain"),
    block("strict", { inputSchema: pins(["a", "b"], ["a", "b"]) }),
    block("typed", {
      inputSchema: { type: "object", properties: { n: { type: "integer", maximum: 9 } }, required: ["n"] },
    }),
    block("input", { role: "input", inputSchema: pins(["name", "value"]) }),
    block("agent", { role: "agent", placement: "child", inputSchema: pins(["graphId", "graphVersion", "inputs"]) }),
    block("note", { role: "note" }),
  ].map((one) => [one.id, one]),
);

const nested: NestedGraph = {
  graphId: parseGraphId("00000000-0000-7000-8000-000000000001"),
  version: 1,
  inputSchema: pins(["who", "inputs", "how"], ["who", "how"]),
  outputSchema: pins(["greeting"]),
};

/** "x:plain" is node x of block plain; constants by node. */
function setup(
  nodes: readonly string[],
  links: readonly string[],
  constants: { [node: string]: JsonObject } = {},
  masks: Masks = {},
) {
  const placed = nodes.map((text) => {
    const [id = "", blockId = ""] = text.split(":");
    return { id, blockId, constants: constants[id] ?? {} };
  });
  const ofAgents = placed.filter(({ blockId }) => blockId === "agent").map(({ id }) => [id, nested]);
  const definition = { nodes: placed, links: links.map(link), settings: {}, nested: Object.fromEntries(ofAgents) };
  const graph = compileGraph(definition, blocks);
  const mint = countExecutions();
  const nothing: Pending = { waiting: new Map(), lastQueued: new Map() };
  let sofar: Delivery = { pending: nothing, ready: [] };
  return {
    graph,
    begin: (inputs: JsonObject = {}) => start(graph, inputs, mint, masks).ready,
    /** Emits and answers the inputs of what became ready. */
    emit: (nodeId: string, value: Json, pin = "out") => {
      const planner = openPlanner(graph, sofar.pending, mint, masks);
      const ready = planner.deliver(nodeId, { pin, value });
      sofar = { pending: planner.pending(), ready };
      return sofar.ready.map(({ inputs }) => inputs);
    },
    ready: () => sofar.ready,
    pending: () => sofar.pending,
    waiting: (nodeId: string) => (sofar.pending.waiting.get(nodeId) ?? []).map(({ inputs }) => inputs),
  };
}

describe("deliver", () => {
  test("gives a value to the oldest execution that lacks its pin", () => {
    const { emit, waiting } = setup(["x:plain", "y:plain", "z:plain"], ["x.out -> z.a", "y.out -> z.b"]);
    expect(emit("x", 1)).toEqual([]);
    expect(emit("x", 2)).toEqual([]);
    expect(emit("y", 10)).toEqual([{ a: 1, b: 10 }]);
    expect(waiting("z")).toEqual([{ a: 2 }]);
  });

  test("delivers null, and fires only links of the emitted pin", () => {
    const { emit } = setup(["x:plain", "z:plain"], ["x.out -> z.a", "x.error -> z.b"]);
    expect(emit("x", 1, "other")).toEqual([]);
    expect(emit("x", null)).toEqual([]);
    expect(emit("x", "failed", "error")).toEqual([{ a: null, b: "failed" }]);
  });

  test("follows the links of an emission in the graph's order", () => {
    const { emit } = setup(["x:plain", "b:plain", "a:plain"], ["x.out -> b.a", "x.out -> a.a", "x.out -> b.b"], {
      a: { c: "a" },
      b: { c: "b" },
    });
    expect(emit("x", 1)).toEqual([
      { c: "a", a: 1 },
      { c: "b", a: 1, b: 1 },
    ]);
  });

  test("combines constants with linked values, which win, in the graph's order of keys whatever came first", () => {
    const made = setup(["x:plain", "y:plain", "z:plain"], ["x.out -> z.a", "y.out -> z.b"], { z: { b: 0, c: 3 } });
    made.emit("y", 2);
    expect(JSON.stringify(made.emit("x", 1))).toBe(JSON.stringify([{ b: 2, c: 3, a: 1 }]));
  });

  test("folds keys of objects into their base pin, deeper ones last, and keeps the flat ones", () => {
    const { emit } = setup(["x:plain", "z:plain"], ["x.out -> z.a_#_k_#_n"], {
      z: { "a_#_k": { m: 1 }, a: { j: 0 }, "b_#_": 2 },
    });
    expect(emit("x", 5)).toEqual([{ "a_#_k": { m: 1 }, a: { j: 0, k: { m: 1, n: 5 } }, "b_#_": 2, "a_#_k_#_n": 5 }]);
  });

  test("treats keys such as __proto__ and constructor as keys", () => {
    const { emit } = setup(
      ["x:plain", "z:plain"],
      ["x.out -> z.__proto__", "x.error -> z.a_#___proto___#_constructor"],
    );
    expect(emit("x", 1)).toEqual([]);
    const [inputs] = emit("x", 2, "error");
    expect(Object.entries(inputs ?? {})).toContainEqual(["__proto__", 1]);
    expect(JSON.stringify(inputs?.a)).toBe('{"__proto__":{"constructor":2}}');
    expect(Object.hasOwn(Object.prototype, "constructor")).toBe(true);
    expect(({} as JsonObject).constructor).toBe(Object);
  });

  test("makes what lacks a required pin ready with a problem, as no later value can mend it", () => {
    const { emit, ready, waiting } = setup(["x:plain", "z:strict"], ["x.out -> z.a"]);
    emit("x", 1);
    expect(ready()).toMatchObject([{ nodeId: "z", inputs: { a: 1 }, problem: expect.stringContaining('"b"') }]);
    expect(waiting("z")).toEqual([]);
  });

  test("takes what misfits its schema for a problem too, once it is coerced", () => {
    const { emit, ready } = setup(["x:plain", "z:typed"], ["x.out -> z.n"]);
    expect(emit("x", "5")).toEqual([{ n: 5 }]);
    emit("x", "50");
    expect(ready()).toMatchObject([{ inputs: { n: 50 }, problem: '"n" must be <= 9' }]);
  });

  test("gives part of a value to a link that selects it, and nothing where there is no such part", () => {
    const { emit } = setup(["x:plain", "z:plain"], ["x.out_#_k_$_1 -> z.a"]);
    expect(emit("x", { k: [1, 2] })).toEqual([{ a: 2 }]);
    expect(emit("x", { k: [1] })).toEqual([]);
    expect(emit("x", "text")).toEqual([]);
  });

  test("gives a tool's argument to the sink pin it names alone", () => {
    const { emit, waiting } = setup(
      ["x:plain", "y:plain", "z:plain"],
      ["x.tools -> y.a", "x.tools -> z.a", "x.tools -> z.b"],
    );
    expect(emit("x", 1, "tools_^_z_~_b")).toEqual([]);
    expect(waiting("z")).toEqual([{ b: 1 }]);
    expect(emit("x", 2, "tools_^_z_~_a")).toEqual([{ a: 2, b: 1 }]);
  });

  test("does not hold a nested graph back for inputs it requires", () => {
    const { emit, ready } = setup(["x:plain", "z:agent"], ["x.out -> z.who"], { z: { graphId: "g" } });
    emit("x", "Ada");
    expect(ready()).toMatchObject([{ inputs: { graphId: "g", who: "Ada" }, problem: null }]);
  });

  test("never starts a note, nor feeds one", () => {
    const { emit, begin, waiting } = setup(["x:plain", "n:note", "m:note"], ["x.out -> n.a"]);
    expect(begin().map(({ nodeId }) => nodeId)).toEqual(["x"]);
    expect(emit("x", 1)).toEqual([]);
    expect(waiting("n")).toEqual([]);
  });

  test("leaves the pending inputs it was given alone, and keeps the identity of what did not change", () => {
    const { graph, emit, pending } = setup(
      ["x:plain", "y:plain", "z:plain"],
      ["x.out -> z.a", "y.out -> z.b", "y.out -> z.c"],
    );
    emit("x", 1);
    emit("x", 2);
    const before = pending();
    const [first, second] = before.waiting.get("z") ?? [];
    const after = deliver(graph, before, "y", { pin: "out", value: 10 }, countExecutions());
    expect(after.ready).toHaveLength(1);
    expect(before.waiting.get("z")).toEqual([first, second]);
    expect(first?.inputs).toEqual({ a: 1 });
    expect(after.pending.waiting.get("z")?.[0]).toBe(second);
  });
});

describe("static links", () => {
  const links = ["x.out -> z.a", "s.out => z.b"];

  test("keep their last value for later executions", () => {
    const { emit } = setup(["x:plain", "s:plain", "z:plain"], links);
    emit("s", "old");
    expect(emit("x", 1)).toEqual([{ a: 1, b: "old" }]);
    expect(emit("x", 2)).toEqual([{ a: 2, b: "old" }]);
    expect(emit("s", "new")).toEqual([]);
    expect(emit("x", 3)).toEqual([{ a: 3, b: "new" }]);
    expect(emit("x", 4)).toEqual([{ a: 4, b: "new" }]);
  });

  test("complete all that waited for their first value, oldest first", () => {
    const { emit, waiting } = setup(["x:plain", "s:plain", "z:plain"], links);
    for (const value of [1, 2, 3]) emit("x", value);
    expect(emit("s", "now")).toEqual([
      { a: 1, b: "now" },
      { a: 2, b: "now" },
      { a: 3, b: "now" },
    ]);
    expect(waiting("z")).toEqual([]);
  });

  test("queue up values that come before the sink ever ran", () => {
    const { emit } = setup(["x:plain", "s:plain", "z:plain"], links);
    emit("s", "first");
    emit("s", "second");
    expect(emit("x", 1)).toEqual([{ a: 1, b: "first" }]);
    expect(emit("x", 2)).toEqual([{ a: 2, b: "second" }]);
    expect(emit("x", 3)).toEqual([{ a: 3, b: "second" }]);
  });

  test("run the sink again where all its links are static", () => {
    const { emit } = setup(["s:plain", "t:plain", "z:plain"], ["s.out => z.a", "t.out => z.b"]);
    emit("s", 1);
    expect(emit("t", 10)).toEqual([{ a: 1, b: 10 }]);
    expect(emit("t", 20)).toEqual([{ a: 1, b: 20 }]);
    expect(emit("s", 2)).toEqual([{ a: 2, b: 20 }]);
  });

  test("are not written to what still waits for another pin, so a newer value reaches it", () => {
    const { emit, waiting } = setup(["x:plain", "y:plain", "s:plain", "z:plain"], [...links, "y.out -> z.c"]);
    emit("s", "old");
    emit("x", 1);
    expect(emit("y", 1)).toEqual([{ a: 1, b: "old", c: 1 }]);
    emit("x", 2);
    expect(waiting("z")).toEqual([{ a: 2 }]);
    emit("s", "new");
    expect(emit("y", 2)).toEqual([{ a: 2, b: "new", c: 2 }]);
  });
});

describe("start", () => {
  test("makes nodes without inbound links and all inputs ready, in the order of the nodes", () => {
    const { begin } = setup(["z:plain", "i:input", "x:strict"], ["x.out -> i.value", "i.out -> z.a"]);
    expect(begin().map(({ nodeId }) => nodeId)).toEqual(["i", "x"]);
  });

  test("gives an input the value of the start, null included, or leaves its constant", () => {
    const constants = { i: { name: "who", value: "you" } };
    const { begin } = setup(["i:input"], [], constants);
    expect(begin({ who: "Ada" })[0]?.inputs).toEqual({ name: "who", value: "Ada" });
    expect(begin({ who: null })[0]?.inputs).toEqual({ name: "who", value: null });
    expect(begin({ other: 1 })[0]?.inputs).toEqual({ name: "who", value: "you" });
  });

  test("does not take what every object inherits for an input", () => {
    const { begin } = setup(["i:input"], [], { i: { name: "constructor" } });
    expect(begin()[0]?.inputs).toEqual({ name: "constructor" });
  });

  test("checks what nodes begin with, as no link will bring more", () => {
    const { begin } = setup(["x:strict"], [], { x: { a: 1 } });
    expect(begin()).toMatchObject([{ inputs: { a: 1 }, problem: expect.stringContaining('"b"') }]);
  });

  test("lets the mask of an input win over the start", () => {
    const { begin } = setup(["i:input"], [], { i: { name: "who" } }, { i: { value: "masked" } });
    expect(begin({ who: "Ada" })[0]?.inputs).toEqual({ name: "who", value: "masked" });
  });
});

describe("masks", () => {
  test("win over links and constants, and stand in for a linked pin", () => {
    const links = ["x.out -> z.a", "y.out -> z.b"];
    const made = setup(["x:plain", "y:plain", "z:plain"], links, { z: { c: 0 } }, { z: { b: "mask", c: 1 } });
    expect(made.emit("x", 1)).toEqual([{ a: 1, b: "mask", c: 1 }]);
    expect(made.emit("y", 2)).toEqual([]);
    expect(made.emit("x", 3)).toEqual([{ a: 3, b: "mask", c: 1 }]);
    expect(made.waiting("z")).toEqual([]);
  });

  test("of nodes that the graph lacks are nothing to it", () => {
    expect(setup(["x:plain", "z:plain"], ["x.out -> z.a"], {}, { gone: { a: 1 } }).emit("x", 2)).toEqual([{ a: 2 }]);
  });
});

describe("compileGraph", () => {
  test("refuses a block that is no longer there", () => {
    expect(() => setup(["x:gone"], [])).toThrow('unknown block gone of node "x"');
  });
});

describe("childInputs", () => {
  test("lays constants and then linked values of the child's pins over the constant inputs", () => {
    const constants = { z: { graphId: "g", graphVersion: 1, inputs: { who: "you", x: 1 }, how: "loud" } };
    const { graph, emit } = setup(["x:plain", "z:agent"], ["x.out -> z.who"], constants);
    const [inputs = {}] = emit("x", "Ada");
    const target = graph.nodes.get("z");
    if (!target) throw new Error("no node z");
    expect(childInputs(target, inputs)).toEqual({ who: "Ada", x: 1, how: "loud" });
  });

  test("takes a linked pin that is called like one of the executor's own", () => {
    const { graph, emit } = setup(["x:plain", "z:agent"], ["x.out -> z.inputs"], { z: { inputs: { who: "you" } } });
    const [inputs = {}] = emit("x", 5);
    const target = graph.nodes.get("z");
    if (!target) throw new Error("no node z");
    const given = childInputs(target, inputs);
    expect(given).toEqual({ who: "you", inputs: 5 });
    expect(missingChildInputs(target, given)).toEqual(["how"]);
  });
});
