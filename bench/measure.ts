import type { Closed, Side, Workload } from "./workload";

export type Batch = { readonly runs: number; readonly concurrency: number };

/** Milliseconds that one run took its caller. Resolves when everything is at rest again. */
export async function timeOne(side: Side, workload: Workload): Promise<number> {
  const begun = performance.now();
  const closed = await side.run(workload);
  const took = performance.now() - begun;
  await closed();
  return took;
}

/**
 * Runs per second with `concurrency` callers. The clock stops when the runs that were started last have closed at Temporal too,
 * so that nobody gains by answering before the work is done.
 */
export async function rateOf(side: Side, workload: Workload, { runs, concurrency }: Batch): Promise<number> {
  const answered: Closed[] = [];
  let left = runs;
  const begun = performance.now();
  async function call(): Promise<void> {
    while (left-- > 0) answered.push(await side.run(workload));
  }
  await Promise.all(Array.from({ length: concurrency }, call));
  const last = answered.splice(-2 * concurrency);
  await Promise.all(last.map((closed) => closed()));
  const seconds = (performance.now() - begun) / 1_000;
  for (const closed of answered) await closed();
  return runs / seconds;
}
