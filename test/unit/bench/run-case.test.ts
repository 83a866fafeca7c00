import type { EventCase, RunCase, StopCase } from "../../../bench/cases";
import { runCase } from "../../../bench/run-case";
import type { Side } from "../../../bench/workload";

/** Two sides that do nothing but note their turns. */
function setup(change: Partial<RunCase> = {}) {
  const turns: string[] = [];
  const side = (name: string): Side => ({
    run: async () => {
      turns.push(name);
      return async () => void turns.push(`${name} closed`);
    },
    stopTree: async ({ children }) => {
      turns.push(name);
      return { answeredMs: 1, quiescedMs: turns.length, closedMs: children };
    },
    stop: async () => {},
  });
  const one: RunCase = {
    name: "chain-10",
    about: "",
    workload: { kind: "chain", nodes: 10 },
    alone: 2,
    together: null,
    expected: [],
    ...change,
  };
  const sides = { treeline: side("treeline"), rawTemporal: side("raw") };
  const measure = (repeat: number, scale = 1) => runCase(one, sides, { repeat, scale }, () => {});
  const measureStop = (stop: StopCase, repeat: number) => runCase(stop, sides, { repeat, scale: 1 }, () => {});
  const events: EventCase = { name: "events-200", about: "", clients: 200, ticks: 10, expected: [] };
  const measureEvents = (treeline: Side) =>
    runCase(events, { ...sides, treeline }, { repeat: 2, scale: 0.5 }, () => {});
  return { turns, sides, measure, measureStop, measureEvents };
}

describe("runCase of events", () => {
  test("takes the times of all rounds together, without those of the warm-up, and leaves raw Temporal out", async () => {
    const { sides, measureEvents } = setup();
    const followed: [number, number][] = [];
    const treeline: Side = {
      ...sides.treeline,
      followEvents: async (clients, ticks) => {
        followed.push([clients, ticks]);
        return followed.length === 1 ? [1_000] : [followed.length, 10];
      },
    };
    expect(await measureEvents(treeline)).toEqual({
      treeline: { eventP50Ms: 3, eventP99Ms: 10 },
      rawTemporal: {},
    });
    expect(followed).toEqual([
      [1, 3],
      [200, 5],
      [200, 5],
    ]);
  });
});

describe("runCase", () => {
  test("lets the sides take turns, each run closed before the next, after a warm-up of both", async () => {
    const { turns, measure } = setup();
    await measure(1);
    const both = (name: string) => [name, `${name} closed`];
    const warmUp = [...both("treeline"), ...both("treeline"), ...both("raw"), ...both("raw")];
    const round = [...both("treeline"), ...both("raw"), ...both("raw"), ...both("treeline")];
    expect(turns).toEqual([...warmUp, ...round]);
  });

  test("measures each side's own number of runs together, and sees them all closed", async () => {
    const together = {
      metric: "nodesPerSecond",
      treeline: { runs: 30, concurrency: 8 },
      rawTemporal: { runs: 10, concurrency: 4 },
    } as const;
    const { turns, measure } = setup({ alone: 0, together });
    const { treeline, rawTemporal } = await measure(2);
    const count = (turn: string) => turns.filter((one) => one === turn).length;
    const warmUp = { treeline: 6, raw: 2 };
    expect(count("treeline")).toBe(warmUp.treeline + 2 * 30);
    expect(count("raw")).toBe(warmUp.raw + 2 * 10);
    expect(count("treeline closed")).toBe(count("treeline"));
    expect([Object.keys(treeline), Object.keys(rawTemporal)]).toEqual([["nodesPerSecond"], ["nodesPerSecond"]]);
  });

  test("repeats what takes long no more often than its case allows", async () => {
    const batch = { runs: 5, concurrency: 1 };
    const together = { metric: "executionsPerSecond", treeline: batch, rawTemporal: batch, rounds: 1 } as const;
    const { turns, measure } = setup({ alone: 0, together });
    await measure(3);
    expect(turns.filter((turn) => turn === "raw")).toHaveLength(1 + 5);
  });

  test("scales the runs, down to one", async () => {
    const { turns, measure } = setup({ alone: 40 });
    await measure(1, 0.001);
    expect(turns.filter((turn) => turn === "raw")).toHaveLength(1 + 1);
  });

  test("stops a tree once on each side in each round, after a small one to warm up", async () => {
    const { turns, measureStop } = setup();
    const tree = { children: 10, leaves: 10 };
    const { treeline, rawTemporal } = await measureStop({ name: "stop-111", about: "", tree, expected: [] }, 3);
    expect(turns).toEqual(["treeline", "raw", "raw", "treeline", "treeline", "raw", "raw", "treeline"]);
    expect(treeline).toEqual({ quiescedMs: 5, quiescedMaxMs: 8, closedMs: 10, closedMaxMs: 10, answeredMs: 1 });
    expect(rawTemporal).toEqual({ quiescedMs: 6, quiescedMaxMs: 7, closedMs: 10, closedMaxMs: 10, answeredMs: 1 });
  });
});
