import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";

/** Why running node code was told to end; what happens to the node depends on it. */
export type AbortReason =
  /** A stop fenced it: it is settled, uncharged. */
  | { readonly kind: "fenced"; readonly stopId: StopId }
  /** Its own time is up: it fails. */
  | { readonly kind: "timed_out"; readonly afterMs: number };

export type FenceNotice = { readonly executionId: ExecutionId; readonly stopId: StopId };

type Registered = {
  readonly id: NodeExecutionId;
  readonly path: readonly ExecutionId[];
  readonly fence: AbortController;
  readonly givenUp: AbortController;
};

/** The place of an attempt. `signal`: it is fenced; `givenUp`: the record has ended without it, as at a stop's deadline. */
export type Slot = { readonly signal: AbortSignal; readonly givenUp: AbortSignal; release(): void };

/** The node code that runs in this process, so that a fence can reach it at once. */
export type RunningNodes = {
  /** `path`: root to own execution. Register before the attempt starts, so that no fence falls between the two. */
  register(id: NodeExecutionId, path: readonly ExecutionId[]): Slot;
  /** Aborts what runs under the fence; answers how many. */
  abort(fence: FenceNotice): number;
  /** What runs of these has ended in the record; answers how many there are. */
  giveUp(ids: readonly NodeExecutionId[]): number;
  /** Roots of the trees that have node code running here. */
  roots(): ExecutionId[];
  ids(): NodeExecutionId[];
  size(): number;
  /** Whether this process hears of fences; until it is told otherwise it does. */
  setHearing(hears: boolean): void;
  hears(): boolean;
  /** Resolves when it hears of fences: no node starts before. */
  hearing(): Promise<void>;
};

export function createRunningNodes(): RunningNodes {
  const slots = new Set<Registered>();
  let hears = true;
  let waiting: (() => void)[] = [];
  return {
    register(id, path) {
      const slot: Registered = { id, path, fence: new AbortController(), givenUp: new AbortController() };
      slots.add(slot);
      return {
        signal: slot.fence.signal,
        givenUp: slot.givenUp.signal,
        release: () => void slots.delete(slot),
      };
    },
    abort({ executionId, stopId }) {
      const hit = [...slots].filter(({ path, fence }) => !fence.signal.aborted && path.includes(executionId));
      const reason: AbortReason = { kind: "fenced", stopId };
      for (const { fence } of hit) fence.abort(reason);
      return hit.length;
    },
    giveUp(ids) {
      const ended = new Set(ids);
      const hit = [...slots].filter((slot) => ended.has(slot.id));
      for (const { givenUp } of hit) givenUp.abort();
      return hit.length;
    },
    roots: () => [...new Set([...slots].flatMap(({ path }) => path.slice(0, 1)))],
    ids: () => [...slots].map(({ id }) => id),
    size: () => slots.size,
    setHearing(now) {
      hears = now;
      if (!hears) return;
      for (const go of waiting) go();
      waiting = [];
    },
    hears: () => hears,
    hearing: () => (hears ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
