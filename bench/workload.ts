/** What both sides carry out, each in its own way. `nodes` counts what lies between the input and the output of a graph. */
export type Workload =
  /** Each node adds 1 to what the one before it gave. */
  | { readonly kind: "chain"; readonly nodes: number }
  /** The same, but each node waits for something asynchronous first, so that it cannot run inline. */
  | { readonly kind: "remote chain"; readonly nodes: number }
  /** Adds 1 until the sum is `nodes`: one node is run so many times. */
  | { readonly kind: "loop"; readonly nodes: number }
  /** A parent that starts `graphs` nested ones, one node in each, and waits for all of them. */
  | { readonly kind: "nested"; readonly graphs: number }
  /** The same for the items of one list, `together` at a time; the results are a list in the order of the items. */
  | { readonly kind: "map"; readonly items: number; readonly together: number };

/** Resolves when nothing of the run is open at Temporal any more. */
export type Closed = () => Promise<void>;

/** A root with `children` nested graphs, each with `leaves` nested ones, in each of which one remote node runs until it is aborted. */
export type Tree = { readonly children: number; readonly leaves: number };

/** Milliseconds from the request to stop. */
export type StopTimes = {
  /** The fence stands in the record: nothing new starts; raw Temporal makes no such promise. */
  readonly fencedMs?: number;
  /** The caller has its answer. */
  readonly answeredMs: number;
  /** All node code has ended, and every row is terminal where there are rows. */
  readonly quiescedMs: number;
  /** No workflow of the tree is open. */
  readonly closedMs: number;
};

export type Side = {
  /** Runs the workload once; answers when its caller has the result. Throws if the result is wrong. */
  run(workload: Workload): Promise<Closed>;
  /** Starts the tree, waits until all its leaves run, and stops it. Throws unless it is stopped as a whole. */
  stopTree(tree: Tree): Promise<StopTimes>;
  /** An execution writes events so many times while so many clients follow it: milliseconds to each client, of each event. */
  followEvents?(clients: number, ticks: number): Promise<readonly number[]>;
  stop(): Promise<void>;
};

/** What one node of a chain does on both sides. */
export const addend = 1;

/** What one node of a remote chain does on both sides: something asynchronous, the shortest there is. */
export async function addLater(value: number): Promise<number> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  return value + addend;
}

/** Values that come out of a run that begins with 0: how many, and their sum. */
function expectedResult(workload: Workload): { readonly values: number; readonly sum: number } {
  if (workload.kind !== "nested" && workload.kind !== "map") return { values: 1, sum: workload.nodes * addend };
  const graphs = workload.kind === "map" ? workload.items : workload.graphs;
  return { values: graphs, sum: (graphs * (graphs - 1)) / 2 + graphs * addend };
}

/** Throws unless the values are those that a run of the workload has to give. */
export function assertResult(workload: Workload, values: readonly number[]): void {
  const expected = expectedResult(workload);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length === expected.values && sum === expected.sum) return;
  throw new Error(
    `${workload.kind}: ${values.length} values with the sum ${sum} came out, not ${expected.values} with ${expected.sum}`,
  );
}
