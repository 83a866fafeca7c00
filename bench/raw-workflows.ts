import { ActivityCancellationType, executeChild, proxyActivities } from "@temporalio/workflow";
import type { RawActivities } from "./raw-temporal";

/* The workloads as somebody would write them by hand on Temporal: one activity for each node. */

const { add, addRemotely } = proxyActivities<RawActivities>({ startToCloseTimeout: "1 minute" });

export async function chain(nodes: number, value: number): Promise<number> {
  let sum = value;
  for (let ran = 0; ran < nodes; ran++) sum = await add(sum);
  return sum;
}

export async function remoteChain(nodes: number, value: number): Promise<number> {
  let sum = value;
  for (let ran = 0; ran < nodes; ran++) sum = await addRemotely(sum);
  return sum;
}

export async function nested(graphs: number): Promise<number[]> {
  const values = Array.from({ length: graphs }, (_, value) => value);
  return Promise.all(values.map((value) => executeChild(chain, { args: [1, value] })));
}

/** In the order of the items, `together` at a time. */
export async function map(items: number, together: number): Promise<number[]> {
  const results: number[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let item = next++; item < items; item = next++) {
      results[item] = await executeChild(chain, { args: [1, item] });
    }
  }
  await Promise.all(Array.from({ length: together }, work));
  return results;
}

const { hold } = proxyActivities<RawActivities>({
  startToCloseTimeout: "10 minutes",
  heartbeatTimeout: "10 minutes", // a tree sends none while it grows: see raw-temporal.ts
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** `widths`: how many children on each level below; a leaf runs one activity until it is cancelled. */
export async function tree([width, ...below]: readonly number[]): Promise<void> {
  if (width === undefined) return hold();
  // Not Promise.all: it ends with the first child that is cancelled, and what the server then loses of the others lives on.
  const children = Array.from({ length: width }, () => executeChild(tree, { args: [below] }));
  const failed = (await Promise.allSettled(children)).find((child) => child.status === "rejected");
  if (failed) throw failed.reason;
}
