import { defaultLimits, effectiveLimits, inheritLimits, runTimeMs } from "../../../graph/limits";

describe("effectiveLimits", () => {
  test("are the defaults where nothing is set", () => {
    expect(effectiveLimits()).toEqual(defaultLimits);
    expect(runTimeMs(effectiveLimits())).toBe(86_400_000);
  });

  test("let the start win over the graph, and the graph over the defaults", () => {
    const limits = effectiveLimits({ depth: 3, children: 5, runTime: "1h" }, { depth: 4, children: undefined });
    expect(limits).toEqual({ ...defaultLimits, depth: 4, children: 5, runTime: "1h" });
  });

  test("let the operator's maxima win over both, and only lower", () => {
    const maxima = { depth: 2, children: 9, executions: 1_000_000, runTime: "90m" };
    expect(effectiveLimits({ depth: 3, runTime: "1h" }, { children: 10 }, maxima)).toEqual({
      ...defaultLimits,
      depth: 2,
      children: 9,
      runTime: "1h",
    });
    expect(effectiveLimits({}, { runTime: "2h" }, maxima).runTime).toBe("90m");
  });
});

describe("inheritLimits", () => {
  const inherited = { ...defaultLimits, children: 7, iterations: 7, executions: 7, runTime: "1h" };

  test("let the graph that inherits lower children, iterations and run time", () => {
    const own = { children: 3, iterations: 2, runTime: "1m" };
    expect(inheritLimits(inherited, own)).toEqual({ ...inherited, ...own });
  });

  test("never let it raise one, nor touch what the tree counts", () => {
    const own = { depth: 1, children: 9, executions: 2, nodeExecutions: 2, iterations: 9, runTime: "2h" };
    expect(inheritLimits(inherited, own)).toEqual(inherited);
  });
});
