import fc from "fast-check";
import { coercer } from "../../../graph/coerce";
import type { Json, JsonSchema } from "../../../graph/json";

const list: JsonSchema = { type: "array" };
const object: JsonSchema = { type: "object" };
const number: JsonSchema = { anyOf: [{ type: "number" }, { enum: ["Infinity", "-Infinity", "NaN"] }] };
const integerOrText: JsonSchema = { type: ["integer", "string"] };

function coerce(value: Json, schema: JsonSchema): Json {
  return coercer(schema)?.(value) ?? value;
}

describe("coercion, by the rows of the catalogue's table", () => {
  test.each<[Json, JsonSchema, Json]>([
    // list
    [' ["a", 1] ', list, ["a", 1]],
    ["[not JSON]", list, ["[not JSON]"]],
    ["plain", list, ["plain"]],
    [
      { a: 1, b: 2 },
      list,
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    [5, list, [5]],
    [false, list, [false]],
    // object
    ['{"a": 1}', object, { a: 1 }],
    ["[1]", object, { value: [1] }],
    ["5", object, { value: 5 }],
    ["text", object, { value: "text" }],
    [["a", "b"], object, { 0: "a", 1: "b" }],
    [5, object, { value: 5 }],
    // string
    [true, { type: "string" }, "true"],
    [[1, "a"], { type: "string" }, '[1, "a"]'],
    [{ a: { b: 1.5 } }, { type: "string" }, '{"a": {"b": 1.5}}'],
    // number
    [[1, 2, 3], number, 3],
    [{ a: 1 }, number, 1],
    [" 1e3 ", number, 1000],
    ["inf", number, "Infinity"],
    ["x", number, 0],
    [true, number, 1],
    ["2.9", { type: "integer" }, 2],
    [-2.9, { type: "integer" }, -2],
    ["inf", { type: "integer" }, 0],
    // boolean
    ["TRUE", { type: "boolean" }, true],
    ["1", { type: "boolean" }, true],
    ["yes", { type: "boolean" }, false],
    [0, { type: "boolean" }, false],
    [[], { type: "boolean" }, false],
    [{ a: 0 }, { type: "boolean" }, true],
  ])("%j to %j is %j", (value, schema, wanted) => {
    expect(coerce(value, schema)).toEqual(wanted);
  });

  test.each<[Json, JsonSchema, Json]>([
    ["7", integerOrText, "7"],
    [7, integerOrText, 7],
    [7.5, integerOrText, 7],
    [[1], { type: ["string", "null"] }, "[1]"],
    ["a", { anyOf: [{ type: "array", items: { type: "string" } }, { type: "string" }] }, "a"],
    [[1], { anyOf: [{ type: "array", items: { type: "string" } }, { type: "integer" }] }, ["1"]],
    ["NaN", number, "NaN"],
  ])("a union leaves what fits a member, else tries them in order: %j to %j is %j", (value, schema, wanted) => {
    expect(coerce(value, schema)).toEqual(wanted);
  });

  test("converts items and properties, all the way down, and what is not declared by the schema of the others", () => {
    const schema: JsonSchema = {
      type: "object",
      properties: { ids: { type: "array", items: { type: "integer" } }, any: {} },
      additionalProperties: { type: "string" },
    };
    expect(coerce({ ids: ["1", 2.5], any: [1], other: 3 }, schema)).toEqual({ ids: [1, 2], any: [1], other: "3" });
    expect(coerce("[[1], 2]", { type: "array", items: list })).toEqual([[1], [2]]);
  });

  test("leaves null alone at every depth, and what fits as it is", () => {
    const fits = { type: "array", items: { type: "string" } };
    expect(coerce(null, { type: "string" })).toBe(null);
    expect(coerce([null, 1], fits)).toEqual([null, "1"]);
    expect(coercer({})).toBe(null);
    expect(coercer({ anyOf: [{}, { type: "string" }] })).toBe(null);
  });

  test("coerced twice is coerced once", () => {
    const types = ["string", "number", "integer", "boolean", "array", "object"].map((type) => ({ type }));
    const schemas = fc.constantFrom<JsonSchema>(
      ...types,
      ...types.map((items) => ({ type: "array", items })),
      ...types.flatMap((one) => types.map((other) => ({ anyOf: [one, other] }))),
      ...types.map((one) => ({ type: "object", additionalProperties: one })),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), schemas, (value, schema) => {
        const once = coerce(value as Json, schema);
        expect(coerce(once, schema)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});
