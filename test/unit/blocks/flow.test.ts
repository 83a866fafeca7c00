import type { Json } from "../../../graph/json";
import { failBlock, runBlock } from "./run-block";

describe("Condition", () => {
  test("emits the result, then one branch", () => {
    expect(runBlock("Condition", { value1: 1, operator: "<", value2: 2, yes_value: "y", no_value: "n" })).toEqual([
      ["result", true],
      ["yes_output", "y"],
    ]);
    expect(runBlock("Condition", { value1: 3, operator: "<", value2: 2, yes_value: "y", no_value: "n" })).toEqual([
      ["result", false],
      ["no_output", "n"],
    ]);
  });

  test("without values for its branches emits the converted value1 or value2", () => {
    expect(runBlock("Condition", { value1: " 7 ", operator: ">", value2: "5" })).toEqual([
      ["result", true],
      ["yes_output", 7],
    ]);
    expect(runBlock("Condition", { value1: 1, operator: "==", value2: " two ", no_value: null })).toEqual([
      ["result", false],
      ["no_output", "two"],
    ]);
  });

  test("keeps falsy branch values that are not null", () => {
    expect(runBlock("Condition", { value1: 1, operator: "==", value2: 1, yes_value: 0 })[1]).toEqual(["yes_output", 0]);
    expect(runBlock("Condition", { value1: 1, operator: "!=", value2: 1, no_value: "" })[1]).toEqual(["no_output", ""]);
  });

  test.each([
    ["10", ">", "9", true],
    ["abc", "<", "abd", true],
    ["1e3", "==", 1000, true],
    ["\x1cabc\x85", "==", " abc", true],
    ["\ufeffabc", "==", "abc", false],
    [true, "==", 1, true],
    [[1, 2], "==", [1, 2], true],
    [{ a: 1 }, "!=", { a: 1 }, false],
    [null, "==", null, true],
    ["inf", ">", 1e308, true],
    ["nan", "==", "nan", false],
    ["nan", "!=", 1, true],
    ["nan", "<=", 1, false],
    [2, ">=", 2, true],
    [2, "<=", 1, false],
  ])("finds that %j %s %j is %s", (value1, operator, value2, result) => {
    expect(runBlock("Condition", { value1, operator, value2 })[0]).toEqual(["result", result]);
  });

  test("emits an infinity as its text", () => {
    expect(runBlock("Condition", { value1: "inf", operator: ">", value2: 1 })[1]).toEqual(["yes_output", "Infinity"]);
  });

  test("fails where an order operator meets types without an order", () => {
    expect(failBlock("Condition", { value1: "abc", operator: ">", value2: 1 })).toMatchObject({
      code: "invalid_input",
      message: "a text and a number have no order: > cannot compare them",
    });
    expect(failBlock("Condition", { value1: null, operator: "<", value2: 1 }).code).toBe("invalid_input");
  });
});

describe("StepThroughItems", () => {
  test("emits each item before its index", () => {
    expect(runBlock("StepThroughItems", { items: ["a", null] })).toEqual([
      ["item", "a"],
      ["key", 0],
      ["item", null],
      ["key", 1],
    ]);
  });

  test("steps through its sources in order: items, items_object, items_str", () => {
    const inputs = { items_str: '{"z": 3}', items_object: { y: 2 }, items: [1] };
    expect(runBlock("StepThroughItems", inputs)).toEqual([
      ["item", 1],
      ["key", 0],
      ["item", 2],
      ["key", "y"],
      ["item", 3],
      ["key", "z"],
    ]);
  });

  test("emits nothing for what is empty", () => {
    expect(runBlock("StepThroughItems", { items: [], items_object: {}, items_str: "" })).toEqual([]);
    expect(runBlock("StepThroughItems", {})).toEqual([]);
  });

  test("takes 10,000 items and fails over that", () => {
    const items = Array.from({ length: 10_000 }, (_, i) => i);
    expect(runBlock("StepThroughItems", { items })).toHaveLength(20_000);
    expect(failBlock("StepThroughItems", { items: [...items, 1] }).message).toBe(
      "10001 items are over the limit of 10000",
    );
  });

  test("keeps the items it stepped through before a source that is bad", () => {
    const failure = failBlock("StepThroughItems", { items: ["a"], items_str: "nonsense" });
    expect(failure.message).toBe("items_str must be the JSON text of a list or an object");
    expect(failure.emitted).toEqual([
      { pin: "item", value: "a" },
      { pin: "key", value: 0 },
    ]);
  });

  test("refuses a text over 1 MB and one that is neither list nor object", () => {
    expect(failBlock("StepThroughItems", { items_str: `["${"x".repeat(1024 * 1024)}"]` }).message).toBe(
      "items_str is over 1 MB",
    );
    expect(failBlock("StepThroughItems", { items_str: "5" }).code).toBe("invalid_input");
  });
});

describe("IfInputMatches", () => {
  const matches = (input: Json, value: Json) => runBlock("IfInputMatches", { input, value })[0]?.[1];

  test("emits the result, then the branch's value", () => {
    expect(runBlock("IfInputMatches", { input: 1, value: 1, yes_value: "y", no_value: "n" })).toEqual([
      ["result", true],
      ["yes_output", "y"],
    ]);
    expect(runBlock("IfInputMatches", { input: 1, value: 2, yes_value: "y", no_value: "n" })).toEqual([
      ["result", false],
      ["no_output", "n"],
    ]);
  });

  test("emits null for a branch without a value", () => {
    expect(runBlock("IfInputMatches", { input: 1, value: 1 })[1]).toEqual(["yes_output", null]);
    expect(runBlock("IfInputMatches", { input: 1, value: 2, yes_value: "y" })[1]).toEqual(["no_output", null]);
  });

  test.each<[Json, Json]>([
    ["10", 10],
    [10, " 1e1 "],
    [2, ["a", "b"]],
    [0, "no number"],
    [true, "TRUE"],
    [false, "yes"],
    [true, 1],
    [[1, 2], "[1, 2]"],
    [["x"], "x"],
    [{ a: 1 }, '{"a": 1}'],
    ["[1, 2]", [1, 2]],
    [null, null],
  ])("%j matches %j, converted to its type", (input, value) => {
    expect(matches(input, value)).toBe(true);
  });

  test.each<[Json, Json]>([
    ["10", "1e1"],
    ["a", "A"],
    [1, null],
    [null, "null"],
    [null, 0],
    ["True", true],
  ])("%j does not match %j", (input, value) => {
    expect(matches(input, value)).toBe(false);
  });
});
