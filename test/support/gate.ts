import { randomUUID } from "node:crypto";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { Json } from "../../graph/json";

type Visit = { readonly value: Json; leave(): void };

/** A remote block whose runs wait until the test lets them go, and then emit their input; an abort ends one at once. */
export type Gate = {
  readonly block: RemoteBlock;
  readonly blockId: string;
  /** Values of the runs that wait now, in the order they came. */
  inside(): Json[];
  /** The most that ever waited together. */
  most(): number;
  /** Values of the runs that an abort has ended. */
  aborted(): Json[];
  /** Lets those that wait go, and all that come later. */
  open(): void;
  /** Lets the oldest that wait go. */
  letGo(count: number): void;
  /** Shuts it, empty, for the next test; whatever a failed one has left inside waits on, uncounted. */
  reset(): void;
};

const unvisited = () => ({ visits: new Set<Visit>(), aborted: [] as Json[], most: 0, isOpen: false });

/** `name` is the activity's type too. */
export function createGate(name = "Gate", options: Pick<RemoteBlock, "attempts" | "timeoutMs"> = {}): Gate {
  const blockId = randomUUID();
  let now = unvisited();
  const definition = define({
    id: blockId,
    name,
    description: "",
    placement: "remote",
    inputSchema: pins({ in: optional(any, null, "") }),
    outputSchema: pins({ out: emitted(any, "") }),
  });
  const wait = (value: Json, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const at = now;
      const leave = () => {
        at.visits.delete(visit);
        resolve();
      };
      const visit: Visit = { value, leave };
      at.visits.add(visit);
      at.most = Math.max(at.most, at.visits.size);
      signal.addEventListener("abort", () => {
        if (!at.visits.delete(visit)) return;
        at.aborted.push(value);
        reject(signal.reason as Error);
      });
    });
  return {
    blockId,
    block: {
      ...options,
      definition,
      run: async ({ in: value = null }, { signal }) => {
        signal.throwIfAborted();
        if (!now.isOpen) await wait(value, signal);
        return [{ pin: "out", value }];
      },
    },
    inside: () => [...now.visits].map(({ value }) => value),
    most: () => now.most,
    aborted: () => now.aborted,
    open() {
      now.isOpen = true;
      for (const { leave } of now.visits) leave();
    },
    letGo(count) {
      for (const { leave } of [...now.visits].slice(0, count)) leave();
    },
    reset() {
      now = unvisited();
    },
  };
}
