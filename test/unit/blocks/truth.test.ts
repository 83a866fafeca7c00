import { compare, equals, isTruthy } from "../../../blocks/truth";

describe("isTruthy", () => {
  test.each([null, false, 0, -0, "", [], {}].map((value) => [value]))("takes %j for false", (value) => {
    expect(isTruthy(value)).toBe(false);
  });

  test.each([true, 1, -1, "0", " ", [null], { a: null }].map((value) => [value]))("takes %j for true", (value) => {
    expect(isTruthy(value)).toBe(true);
  });
});

describe("equals", () => {
  test("compares deeply and does not mind the order of keys", () => {
    expect(equals({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
    expect(equals({ a: [1, { b: null }] }, { a: [1, { c: null }] })).toBe(false);
    expect(equals([1, 2], [1, 2, 3])).toBe(false);
    expect(equals({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });

  test("takes true for 1 and false for 0, at any depth", () => {
    expect(equals(true, 1)).toBe(true);
    expect(equals([0], [false])).toBe(true);
    expect(equals(true, 2)).toBe(false);
  });

  test("keeps types apart otherwise", () => {
    expect(equals("1", 1)).toBe(false);
    expect(equals(null, 0)).toBe(false);
    expect(equals(null, false)).toBe(false);
    expect(equals("", [])).toBe(false);
    expect(equals([], {})).toBe(false);
  });

  test("does not take an inherited property for a key", () => {
    expect(equals({ a: 1 }, { toString: 1 })).toBe(false);
  });
});

describe("compare", () => {
  test("orders numbers and booleans, texts, and lists item by item", () => {
    expect(compare(1, true)).toBe(0);
    expect(compare(2, 10)).toBeLessThan(0);
    expect(compare("2", "10")).toBeGreaterThan(0);
    expect(compare([1, 2], [1, 3])).toBeLessThan(0);
    expect(compare([1, 2, 0], [1, 2])).toBeGreaterThan(0);
    expect(compare([], [])).toBe(0);
    expect(compare(Infinity, Infinity)).toBe(0);
  });

  test("orders texts by code point, not by UTF-16 unit", () => {
    expect(compare("\u{1F600}", "\uFFFD")).toBeGreaterThan(0);
  });

  test("has no order between types, of objects and of null", () => {
    expect(compare("a", 1)).toBeUndefined();
    expect(compare({}, {})).toBeUndefined();
    expect(compare(null, null)).toBeUndefined();
    expect(compare([1, "a"], [1, 2])).toBeUndefined();
  });

  test("orders nothing beside NaN", () => {
    expect(compare(NaN, 1)).toBeNaN();
  });
});
