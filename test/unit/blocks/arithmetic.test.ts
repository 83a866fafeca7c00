import { failBlock, runBlock } from "./run-block";
import type { Json } from "../../../graph/json";

describe("Calculator", () => {
  function calculate(operation: string, a: Json, b: Json, round_result = false) {
    return runBlock("Calculator", { operation, a, b, round_result })[0]?.[1];
  }

  test("adds, subtracts, multiplies, divides and raises", () => {
    expect(calculate("Add", 4, 5)).toBe(9);
    expect(calculate("Subtract", 4, 5)).toBe(-1);
    expect(calculate("Multiply", 4, 5)).toBe(20);
    expect(calculate("Divide", 5, 4)).toBe(1.25);
    expect(calculate("Power", 2, 10)).toBe(1024);
  });

  test("divides by zero to Infinity, whatever is divided", () => {
    expect([calculate("Divide", 1, 0), calculate("Divide", -1, 0), calculate("Divide", 0, 0)]).toEqual([
      "Infinity",
      "Infinity",
      "Infinity",
    ]);
    expect(calculate("Power", 0, -1, true)).toBe("Infinity");
  });

  test("gives NaN for any other failure", () => {
    expect(calculate("Power", 10, 400)).toBe("NaN"); // an overflow
    expect(calculate("Power", -8, 0.5)).toBe("NaN"); // a complex number
    expect(calculate("Multiply", "inf", 1, true)).toBe("NaN"); // an infinity has no rounding
    expect(calculate("Subtract", "Infinity", "Infinity")).toBe("NaN");
  });

  test("rounds halves to the even number", () => {
    expect([0.5, 1.5, 2.5].map((a) => calculate("Add", a, 0, true))).toEqual([0, 2, 2]);
  });

  test("takes number texts, infinities included", () => {
    expect(calculate("Add", " 1_000 ", "5")).toBe(1005);
    expect(calculate("Add", "-Infinity", 5)).toBe("-Infinity");
  });

  test("names the pin that is no number, and not its value", () => {
    expect(failBlock("Calculator", { operation: "Add", a: "secret", b: 1 })).toMatchObject({
      code: "invalid_input",
      message: "a must be a number, not a text",
    });
    expect(failBlock("Calculator", { operation: "Add", a: 1, b: [2] }).message).toBe("b must be a number, not a list");
    expect(failBlock("Calculator", { operation: "Add", a: 1 }).message).toBe("b is required");
    expect(failBlock("Calculator", { operation: "Root", a: 1, b: 2 }).message).toContain("Add, Subtract, Multiply");
  });
});

describe("CountItems", () => {
  test.each<[Json, number]>([
    [[1, [2, 3]], 2],
    [{ a: 1, b: 2, c: 3 }, 3],
    ["a😀", 2],
    ["", 0],
    [5, -1],
    [true, -1],
    [null, -1],
  ])("counts %j as %d", (collection, count) => {
    expect(runBlock("CountItems", { collection })).toEqual([["count", count]]);
  });
});
