import fc from "fast-check";
import { combine } from "../../../graph/combine";
import { compileGraph, maskNode } from "../../../graph/compile";
import type { GraphLink } from "../../../graph/definition";
import type { Json, JsonObject } from "../../../graph/json";
import { select, selectionOf } from "../../../graph/select";
import { catalog } from "../../../blocks/catalog";
import { node } from "./fixtures";

const linkFrom = (sourceName: string, sinkName = "value"): GraphLink => ({
  sourceId: "x",
  sourceName,
  sinkId: "z",
  sinkName,
  isStatic: false,
});

function selected(sourceName: string, pin: string, value: Json): Json | undefined {
  const steps = selectionOf(linkFrom(sourceName), pin);
  return steps === null ? undefined : select(value, steps);
}

describe("a selector", () => {
  const value = { k: [1, { "a b": "deep", none: null }], "0": "zero" };

  test.each<[string, Json | undefined]>([
    ["out", value],
    ["out_#_k_$_0", 1],
    ["out_#_k_$_1_@_a b", "deep"],
    ["out_#_0", "zero"],
    ["out_$_0", undefined],
    ["out_#_k_#_0", undefined],
    ["out_#_k_$_2", undefined],
    ["out_#_k_$_1_#_none", undefined],
    ["out_#_constructor", undefined],
    ["out2", undefined],
    ["ou", undefined],
    ["out_#_", undefined],
    ["out_$_x", undefined],
  ])("%s takes %j", (selector, wanted) => {
    expect(selected(selector, "out", value)).toEqual(wanted);
  });

  test("takes all of a value even if it is null, but no null inside of one", () => {
    expect(selected("out", "out", null)).toBe(null);
    expect(selected("out_$_0", "out", [null])).toBe(undefined);
  });

  test("may go into a pin whose own name looks dynamic", () => {
    expect(selected("a_#_b_$_0", "a_#_b", [7])).toBe(7);
    expect(selected("a_#_b", "a_#_b", 7)).toBe(7);
  });
});

describe("a tool's argument", () => {
  test.each(["tools", "tools_^_any tool_~_any field"])("goes along %s to the sink pin that it names", (sourceName) => {
    const to = (sinkName: string) => selectionOf(linkFrom(sourceName, sinkName), "tools_^_z_~_query");
    expect(to("query")).toEqual([]);
    expect(to("other")).toBe(null);
    expect(selectionOf({ ...linkFrom(sourceName, "query"), sinkId: "y" }, "tools_^_z_~_query")).toBe(null);
  });

  test("is none for links that only look alike", () => {
    expect(selectionOf(linkFrom("tools_#_x"), "tools")).toHaveLength(1);
    expect(selectionOf(linkFrom("tools"), "tools")).toEqual([]);
    expect(selectionOf(linkFrom("tools_^_z_~_value"), "tools")).toBe(null);
  });
});

function built(constants: JsonObject, mask: JsonObject = {}): JsonObject {
  const definition = { nodes: [node("n", "StoreValue", constants)], links: [], settings: {}, nested: {} };
  const target = compileGraph(definition, catalog).nodes.get("n");
  if (!target) throw new Error("no node n");
  return combine(maskNode(target, mask), {});
}

describe("a builder", () => {
  test.each<[string, JsonObject, Json]>([
    ["pads a list with nulls", { input_$_2: "c" }, [null, null, "c"]],
    ["makes lists and objects as it needs them", { "input_#_k_$_1_@_x": 1 }, { k: [null, { x: 1 }] }],
    ["adds to what is there", { input: { a: [1] }, "input_#_a_$_1": 2 }, { a: [1, 2] }],
    ["takes null for nothing", { input: null, input_$_0: 1 }, [1]],
    ["makes a list of what is none", { input: "a", input_$_1: "b" }, ["a", "b"]],
    ["makes an object of what is none", { input: [1, 2], "input_#_k": 3 }, { 0: 1, 1: 2, k: 3 }],
    ["lets the deeper ones win", { "input_#_k_#_n": 1, "input_#_k": { n: 0, m: 2 } }, { k: { n: 1, m: 2 } }],
  ])("%s", (_, constants, wanted) => {
    expect(built(constants)).toEqual({ ...constants, input: wanted });
  });

  test("leaves what is malformed as it is", () => {
    expect(built({ "input_#_": 1, input_$_x: 2 })).toEqual({ "input_#_": 1, input_$_x: 2 });
  });

  test("builds from a mask too, over constants", () => {
    expect(built({ "input_#_a": 1, "input_#_b": 2 }, { "input_#_b": 3 }).input).toEqual({ a: 1, b: 3 });
  });
});

test("what a builder has put somewhere, the selector of the same name finds there", () => {
  const token = fc.constantFrom("a", "b", "__proto__", "constructor", "0", "a b");
  const step = fc.oneof(
    fc.tuple(fc.constantFrom("_#_", "_@_"), token).map((parts) => parts.join("")),
    fc.nat(3).map((at) => `_$_${at}`),
  );
  const paths = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join(""));
  const base = fc.option(fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, { nil: undefined });
  fc.assert(
    fc.property(paths, fc.integer(), base, (path, value, there) => {
      const { input = null } = built({ ...(there === undefined ? {} : { input: there }), [`input${path}`]: value });
      expect(selected(`input${path}`, "input", input)).toBe(value);
      expect(({} as JsonObject).a).toBe(undefined);
    }),
    { numRuns: 300 },
  );
});
