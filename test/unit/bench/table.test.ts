import type { RunCase as Case } from "../../../bench/cases";
import { percentile } from "../../../bench/figures";
import { jsonLine, tableRows } from "../../../bench/table";

function setup() {
  const one: Case = {
    name: "chain-10",
    about: "10 inline nodes in a row",
    workload: { kind: "chain", nodes: 10 },
    alone: 1,
    together: null,
    expected: [
      { metric: "p50Ms", of: "ratio", atLeast: 5 },
      { metric: "p50Ms", of: "treeline", below: 20 },
      { metric: "executionsPerSecond", of: "ratio", atLeast: 4 },
    ],
  };
  const measured = {
    treeline: { p50Ms: 25, executionsPerSecond: 90 },
    rawTemporal: { p50Ms: 150, executionsPerSecond: 30 },
  };
  return { one, measured };
}

test("a time counts as better when it is shorter, a rate when it is higher", () => {
  const { one, measured } = setup();
  expect(JSON.parse(jsonLine(one, measured))).toMatchObject({
    case: "chain-10",
    ...measured,
    ratio: 6,
    ratios: { p50Ms: 6, executionsPerSecond: 3 },
  });
});

test("each expectation says whether it was met", () => {
  const { one, measured } = setup();
  expect(JSON.parse(jsonLine(one, measured)).expected.map(({ met }: { met: boolean }) => met)).toEqual([
    true,
    false,
    false,
  ]);
});

test("the table shows each metric with its ratio, its direction and what was expected", () => {
  const { one, measured } = setup();
  const [times, rates, about] = tableRows(one, measured).split("\n");
  expect(times).toMatch(/^chain-10 +p50 alone +25 ms +150 ms +6 × sooner +at least 5 ×: met; below 20 ms: not met$/);
  expect(rates).toMatch(/^ +executions\/s +90\/s +30\/s +3 × rate +at least 4 ×: not met$/);
  expect(about).toBe("  10 inline nodes in a row");
});

test("a percentile is a value that was measured", () => {
  const values = [9, 1, 3, 7, 5, 2, 8, 4, 6, 10];
  expect([0.5, 0.95, 1].map((at) => percentile(values, at))).toEqual([5, 10, 10]);
  expect(() => percentile([], 0.5)).toThrow("no values");
});
