import fc from "fast-check";
import { catalog } from "../../../blocks/catalog";
import { chargeOf, estimateOf, type Cost } from "../../../graph/cost";
import { priceBlocks } from "../../../graph/prices";
import { blockId } from "./fixtures";

const perToken: Cost = [{ per: "token", credits: 3, each: 1_000 }];

describe("what a node execution is charged", () => {
  test.each<[string, Cost, Record<string, number>, number]>([
    ["nothing where its block is free", [], { run: 1, second: 9 }, 0],
    ["a run", [{ per: "run", credits: 5 }], { run: 1, second: 9 }, 5],
    ["seconds that have begun", [{ per: "second", credits: 2, each: 10 }], { second: 10.5 }, 3],
    ["bytes", [{ per: "byte", credits: 1, each: 1_024 }], { byte: 2_048 }, 2],
    ["items", [{ per: "item", credits: 4 }], { item: 3 }, 12],
    ["tokens, in and out", perToken, { inputTokens: 900, outputTokens: 101 }, 4],
    ["tokens that a block counts itself", perToken, { token: 1_000, inputTokens: 5_000 }, 3],
    ["what a provider reports", [{ per: "cost", credits: 100 }], { cost: 0.015 }, 2],
    ["the sum of its parts, rounded up once", [{ per: "run", credits: 0.5 }, ...perToken], { run: 1, token: 100 }, 1],
    ["a sum of thirds without a credit more", [{ per: "item", credits: 1, each: 3 }], { item: 3 }, 1],
    ["no amount that is none", [{ per: "a", credits: 1 }], { a: -4 }, 0],
    ["no infinite amount", [{ per: "a", credits: 1 }], { a: Infinity }, 0],
    ["at most a thousand million", [{ per: "a", credits: 1_000 }], { a: 1e300 }, 1_000_000_000],
  ])("%s", (_, cost, amounts, charge) => {
    expect(chargeOf(cost, amounts)).toBe(charge);
  });

  test("is a whole number, never less for more", () => {
    const rates = fc.array(
      fc.record({
        per: fc.constantFrom("run", "second", "token"),
        credits: fc.double({ min: 0, max: 1e6, noNaN: true }),
        each: fc.integer({ min: 1, max: 1e6 }),
      }),
    );
    const amounts = fc.record({ run: fc.nat(3), second: fc.double(), token: fc.double() });
    fc.assert(
      fc.property(rates, amounts, (cost, used) => {
        const charge = chargeOf(cost, used);
        expect(Number.isSafeInteger(charge) && charge >= 0).toBe(true);
        expect(chargeOf(cost, { ...used, run: used.run + 1 })).toBeGreaterThanOrEqual(charge);
      }),
    );
  });
});

test("a start reserves what a run costs, or the operator's estimate, and never nothing of what costs something", () => {
  expect(estimateOf([])).toBe(0);
  expect(estimateOf([{ per: "run", credits: 7 }])).toBe(7);
  expect(estimateOf(perToken)).toBe(1);
  expect(estimateOf([{ per: "token", credits: 3, each: 1_000, estimate: 2_000 }])).toBe(6);
});

describe("the operator's prices", () => {
  test("stand in for a block's own, by name or id", () => {
    const [byName, byId] = [[{ per: "run", credits: 2 }], [{ per: "token", credits: 1 }]];
    const priced = priceBlocks(catalog, { Calculator: byName, [blockId("SendWebRequest")]: byId });
    expect(priced.get(blockId("Calculator"))?.cost).toBe(byName);
    expect(priced.get(blockId("SendWebRequest"))?.cost).toBe(byId);
    expect(priced.size).toBe(catalog.size);
    expect(catalog.get(blockId("Calculator"))?.cost).toEqual([]);
  });

  test("that cannot be are named all at once", () => {
    const prices = {
      Calculater: [{ per: "run", credits: 1 }],
      Calculator: [{ per: "second", credits: 1 }],
      AgentExecutor: [{ per: "run", credits: 1 }],
    };
    expect(() => priceBlocks(catalog, prices)).toThrow(
      /Calculater: there is no such block[^]*Calculator: only a remote[^]*AgentExecutor: a nested/,
    );
  });
});
