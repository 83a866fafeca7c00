import type { Batch } from "./measure";
import type { Metric } from "./figures";
import type { Tree, Workload } from "./workload";

/** `of` treeline: its own figure; of ratio: how many times better than raw Temporal's. */
export type Expectation = { readonly metric: Metric; readonly of: "ratio" | "treeline" } & (
  { readonly atLeast: number } | { readonly below: number }
);

export type Named = {
  readonly name: string;
  readonly about: string;
  /** On two idle cores. */
  readonly expected: readonly Expectation[];
};

/** A tree that is grown, and stopped when all its leaves run, once in each round. */
export type StopCase = Named & { readonly tree: Tree };

/** So many clients follow one execution that writes events `ticks` times. */
export type EventCase = Named & { readonly clients: number; readonly ticks: number };

export type RunCase = Named & {
  readonly workload: Workload;
  /** Of raw Temporal, where it is another one. Only rates can be compared then. */
  readonly rawWorkload?: Workload;
  /** Single runs of each side in one round; 0: none. */
  readonly alone: number;
  readonly together: Together | null;
  /** Rounds of single runs at most, where one takes long. */
  readonly rounds?: number;
};

export type Case = RunCase | StopCase | EventCase;

export type Together = {
  readonly metric: "executionsPerSecond" | "nodesPerSecond";
  readonly treeline: Batch;
  readonly rawTemporal: Batch;
  /** Rounds at most, where one takes long. */
  readonly rounds?: number;
};

const callers = 32;
/** Activities of chains that raw Temporal ran in a second where the expected rates come from. */
const rawRateThere = 190;

/** The first metric of a case is the one its `ratio` is of. */
export const cases: readonly Case[] = [
  {
    name: "chain-1",
    about: "1 inline node between an input and an output",
    workload: { kind: "chain", nodes: 1 },
    alone: 60,
    together: {
      metric: "executionsPerSecond",
      treeline: { runs: 320, concurrency: callers },
      rawTemporal: { runs: 192, concurrency: callers },
    },
    expected: [],
  },
  {
    name: "chain-10",
    about: "10 inline nodes in a row",
    workload: { kind: "chain", nodes: 10 },
    alone: 40,
    together: {
      metric: "executionsPerSecond",
      treeline: { runs: 320, concurrency: callers },
      rawTemporal: { runs: 96, concurrency: callers },
    },
    expected: [
      { metric: "p50Ms", of: "ratio", atLeast: 5 },
      { metric: "p50Ms", of: "treeline", below: 20 },
      { metric: "executionsPerSecond", of: "ratio", atLeast: 4 },
    ],
  },
  {
    name: "chain-100",
    about: "100 inline nodes in a row",
    workload: { kind: "chain", nodes: 100 },
    alone: 0,
    together: {
      metric: "nodesPerSecond",
      treeline: { runs: 320, concurrency: callers },
      rawTemporal: { runs: 32, concurrency: callers },
      rounds: 1,
    },
    expected: nodeRate(5_000),
  },
  {
    name: "chain-1000",
    about: "1,000 inline nodes in a row; raw Temporal runs 8 at a time, once: 32 would take minutes and be no faster",
    workload: { kind: "chain", nodes: 1_000 },
    alone: 0,
    together: {
      metric: "nodesPerSecond",
      treeline: { runs: 256, concurrency: callers },
      rawTemporal: { runs: 8, concurrency: 8 },
      rounds: 1,
    },
    expected: nodeRate(20_000),
  },
  loopCase(1_000),
  loopCase(10_000),
  {
    name: "nested-100",
    about: "100 nested graphs of 1 node in one parent",
    workload: { kind: "nested", graphs: 100 },
    alone: 4,
    together: null,
    expected: [],
  },
  {
    name: "nested-1000",
    about: "1,000 of them",
    workload: { kind: "nested", graphs: 1_000 },
    alone: 1,
    together: null,
    rounds: 1,
    expected: [],
  },
  {
    name: "map-1000",
    about: "a list of 1,000, a nested graph of 1 node for each item, 100 at a time",
    workload: { kind: "map", items: 1_000, together: 100 },
    alone: 1,
    together: null,
    expected: [],
  },
  {
    name: "remote-10",
    about: "10 remote nodes in a row",
    workload: { kind: "remote chain", nodes: 10 },
    alone: 25,
    together: null,
    expected: [{ metric: "p50Ms", of: "ratio", atLeast: 2 }],
  },
  stopCase({ children: 10, leaves: 10 }, 50),
  stopCase({ children: 30, leaves: 30 }, 200),
  eventCase(1),
  eventCase(200),
];

/** As a rate, and as a multiple of raw Temporal's, which a slower machine changes less. */
function nodeRate(atLeast: number): Expectation[] {
  const metric = "nodesPerSecond";
  return [
    { metric, of: "treeline", atLeast },
    { metric, of: "ratio", atLeast: Math.floor(atLeast / rawRateThere) },
  ];
}

/** Raw Temporal runs 1,000 iterations of either, one activity each: more would take minutes at the same rate. */
function loopCase(nodes: number): RunCase {
  const once = { runs: 1, concurrency: 1 };
  return {
    name: `loop-${nodes}`,
    about: `${nodes.toLocaleString("en")} iterations of a loop of 2 nodes, counted as 1 each; raw: 1,000 iterations of 1 activity`,
    workload: { kind: "loop", nodes },
    rawWorkload: { kind: "loop", nodes: 1_000 },
    alone: 0,
    together: { metric: "nodesPerSecond", treeline: once, rawTemporal: once, rounds: 1 },
    expected: [],
  };
}

function stopCase(tree: Tree, quiescedMs: number): StopCase {
  const leaves = tree.children * tree.leaves;
  return {
    name: `stop-${1 + tree.children + leaves}`,
    about: `a tree of 1+${tree.children}+${leaves} executions is stopped while a remote node runs in each leaf; raw: root cancel, heartbeats each second`,
    tree,
    expected: [
      { metric: "quiescedMs", of: "treeline", below: quiescedMs },
      { metric: "quiescedMs", of: "ratio", atLeast: 20 },
      { metric: "closedMs", of: "ratio", atLeast: 1 },
      { metric: "fencedMs", of: "treeline", below: 10 },
    ],
  };
}

function eventCase(clients: number): EventCase {
  return {
    name: `events-${clients}`,
    about: `${clients === 1 ? "1 client follows" : `${clients} clients follow`} one execution that writes events every 50 ms; from an event's time, which is before its commit, to the client`,
    clients,
    ticks: 100,
    expected: [{ metric: "eventP50Ms", of: "treeline", below: 20 }],
  };
}

/** Runs before the measured ones, so that code is compiled and caches are filled. */
export const warmUp = { alone: 3, share: 0.2 } as const;
