import { checkInputs, outputMisfit } from "../../../graph/check";
import type { PinSchema } from "../../../graph/json";

const schema: PinSchema = {
  type: "object",
  properties: {
    text: { type: "string", pattern: "^a" },
    mode: { type: "string", enum: ["fast", "slow"] },
    some: { type: "array", items: { type: "integer", maximum: 9 } },
    any: {},
  },
  required: ["text", "any"],
};

describe("checkInputs", () => {
  test("answers the same object where nothing had to be coerced", () => {
    const given = { text: "abc", any: 1, "text_#_k": {} };
    expect(checkInputs(schema, given)).toEqual({ inputs: given, problem: null });
    expect(checkInputs(schema, given).inputs).toBe(given);
  });

  test("names every required pin that has no value", () => {
    expect(checkInputs(schema, {}).problem).toBe('no value for the required "text", "any"');
  });

  test("names each pin that misfits even when coerced, and never its value", () => {
    const { inputs, problem } = checkInputs(schema, { text: 5, any: 0, mode: "hidden", some: ["1", 10] });
    expect(inputs).toEqual({ text: "5", any: 0, mode: "hidden", some: [1, 10] });
    expect(problem).toBe(
      '"text" must match pattern "^a"; "mode" must be one of ["fast","slow"]; "some" /1 must be <= 9',
    );
  });

  test("takes null where a pin may be left out, or admits it", () => {
    expect(checkInputs(schema, { text: "a", any: null, mode: null }).problem).toBe(null);
    expect(checkInputs(schema, { text: null, any: null }).problem).toBe('"text" must be string');
  });
});

describe("outputMisfit", () => {
  test("says how a value misfits the schema of its pin, and nothing of pins that are not declared", () => {
    expect(outputMisfit(schema, "some", ["1"])).toBe("/0 must be integer");
    expect(outputMisfit(schema, "some", [1])).toBe(null);
    expect(outputMisfit(schema, "tools_^_x_~_y", 1)).toBe(null);
  });
});
