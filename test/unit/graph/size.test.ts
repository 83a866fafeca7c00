import fc from "fast-check";
import type { Json } from "../../../graph/json";
import { asValue, Large } from "../../../graph/large";
import { fitsSurely, jsonSize } from "../../../graph/size";

describe("fitsSurely", () => {
  test("never says so of a value with more bytes of JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(400), (value, bytes) => {
        const fits = fitsSurely(value as Json, bytes);
        expect(!fits || Buffer.byteLength(JSON.stringify(value)) <= bytes).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[string, Json]>([
    ["control characters", "\u0000".repeat(100)],
    ["lone surrogates", "\ud800".repeat(100)],
    ["long numbers", Array.from({ length: 100 }, () => -2.2250738585072014e-308)],
    ["empty lists", Array.from({ length: 100 }, () => [])],
    ["keys", Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`\u0001${index}`, {}]))],
  ])("counts the longest JSON of %s", (_, value) => {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    expect(fitsSurely(value, bytes - 1)).toBe(false);
    expect(fitsSurely(value, bytes * 20)).toBe(true);
  });

  test("knows a small value from a large one that is nearly as small", () => {
    expect(fitsSurely({ operation: "Add", a: 1, b: null }, 200)).toBe(true);
    expect(fitsSurely({ operation: "Add", a: 1, b: null }, 20)).toBe(false);
  });

  test.each(["plain", 'quo"ted', "line\n", "\u0001", "é", "🙂", "\ud800"])(
    "tells exactly of long texts such as of %j",
    (part) => {
      const text = part.repeat(2_000);
      for (const value of [text, [text], { text }, [text, text.slice(1)]]) {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        expect(fitsSurely(value, bytes - 1)).toBe(false);
        expect(fitsSurely(value, bytes + 50)).toBe(true);
      }
      const json = JSON.stringify(text);
      expect(jsonSize(text)).toEqual({ characters: json.length, bytes: Buffer.byteLength(json) });
    },
  );

  test("says it of nothing that is nested as deep as JSON.stringify may refuse, and looks no deeper", () => {
    const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as Json;
    expect(fitsSurely(nested(500), 1_000_000)).toBe(true);
    for (const levels of [501, 5_000, 100_000]) expect(fitsSurely(nested(levels), 1_000_000)).toBe(false);
  });

  test("says it of no reference and of nothing that is not data, wherever it is", () => {
    const large = asValue(new Large({ id: "1", bytes: 100_000, kind: "string", preview: "" }));
    const odd = [large, new Date(0), undefined, 1n, () => 1, Symbol("x")] as Json[];
    for (const one of odd) {
      expect(fitsSurely(one, 1_000_000)).toBe(false);
      expect(fitsSurely([one], 1_000_000)).toBe(false);
      expect(fitsSurely({ one }, 1_000_000)).toBe(false);
    }
  });
});
