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
};

/** `name` is the activity's type too. */
export function createGate(name = "Gate", options: Pick<RemoteBlock, "attempts" | "timeoutMs"> = {}): Gate {
  const blockId = randomUUID();
  const visits = new Set<Visit>();
  const aborted: Json[] = [];
  let isOpen = false;
  let most = 0;
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
      const leave = () => {
        visits.delete(visit);
        resolve();
      };
      const visit: Visit = { value, leave };
      visits.add(visit);
      most = Math.max(most, visits.size);
      signal.addEventListener("abort", () => {
        if (!visits.delete(visit)) return;
        aborted.push(value);
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
        if (!isOpen) await wait(value, signal);
        return [{ pin: "out", value }];
      },
    },
    inside: () => [...visits].map(({ value }) => value),
    most: () => most,
    aborted: () => aborted,
    open() {
      isOpen = true;
      for (const { leave } of visits) leave();
    },
    letGo(count) {
      for (const { leave } of [...visits].slice(0, count)) leave();
    },
  };
}
