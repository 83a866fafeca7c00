import { jsonNumber, parseFloatText, roundHalfToEven } from "../../../blocks/numbers";

describe("parseFloatText", () => {
  test.each([
    [" 1e3 ", 1000],
    ["inf", Infinity],
    ["-Infinity", -Infinity],
    ["nan", NaN],
    ["1_000", 1000],
    ["+5", 5],
    ["1.", 1],
    [".5", 0.5],
    ["-1_0.2_5E-1", -1.025],
    ["9007199254740993", 9007199254740992],
  ])("reads %j as Python does", (text, number) => {
    expect(parseFloatText(text)).toBe(number);
  });

  test.each(["0x10", "1,000", "", " ", ".", "1__0", "_1", "1_", "e5", "1e", "1 2", "infin", "Infinity1", "--1"])(
    "does not take %j for a number",
    (text) => {
      expect(parseFloatText(text)).toBeNull();
    },
  );
});

test("parseFloatText reads a long text once: a million digits and a letter are soon no number", () => {
  expect(parseFloatText(`${"1".repeat(1_000_000)}x`)).toBeNull();
});

describe("roundHalfToEven", () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [3.5, 4],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999, 2],
    [2.675, 3],
    [-2.6, -3],
    [0.49999999999999994, 0],
    [2251799813685249.5, 2251799813685250],
    [1e300, 1e300],
  ])("rounds %d to %d", (exact, rounded) => {
    expect(roundHalfToEven(exact)).toBe(rounded);
  });

  test("has no rounding for an infinity", () => {
    expect(roundHalfToEven(Infinity)).toBeNaN();
  });
});

test("numbers that JSON lacks travel as texts", () => {
  expect([1.5, Infinity, -Infinity, NaN].map(jsonNumber)).toEqual([1.5, "Infinity", "-Infinity", "NaN"]);
});
