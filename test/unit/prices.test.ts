import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPrices } from "../../config/prices";

function setup(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "treeline-prices-"));
  const pricesFile = join(folder, "prices.json");
  writeFileSync(pricesFile, text);
  return { pricesFile, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

describe("readPrices", () => {
  test("takes a number for credits of a run, 0 for free, a list for more than that", () => {
    const rates = [{ per: "token", credits: 1, each: 500, estimate: 2_000 }];
    using file = setup(JSON.stringify({ Calculator: 3, ExecuteCode: 0, AITextGenerator: rates }));
    expect(readPrices(file)).toEqual({
      Calculator: [{ per: "run", credits: 3 }],
      ExecuteCode: [],
      AITextGenerator: rates,
    });
  });

  test("has none without a file", () => {
    expect(readPrices({ pricesFile: null })).toEqual({});
  });

  test("says what is wrong, and where", () => {
    using file = setup(JSON.stringify({ Calculator: -1, ExecuteCode: [{ per: "run", credits: 1, each: 0 }] }));
    expect(() => readPrices(file)).toThrow(/bad prices[^]*\/Calculator: [^]*\/ExecuteCode/);
    using broken = setup("{");
    expect(() => readPrices(broken)).toThrow("prices.json");
  });
});
