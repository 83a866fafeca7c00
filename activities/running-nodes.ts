import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";

/** Why running node code was told to end; what happens to the node depends on it. */
export type AbortReason =
  /** A stop fenced it: it is settled, uncharged. */
  | { readonly kind: "fenced"; readonly stopId: StopId }
  /** Its own time is up: it fails. */
  | { readonly kind: "timed_out"; readonly afterMs: number };

export type FenceNotice = { readonly executionId: ExecutionId; readonly stopId: StopId };

type Slot = { readonly path: readonly ExecutionId[]; readonly controller: AbortController };

/** The node code that runs in this process, so that a fence can reach it at once. */
export type RunningNodes = {
  /** `path`: root to own execution. Register before the attempt starts, so that no fence falls between the two. */
  register(id: NodeExecutionId, path: readonly ExecutionId[]): { signal: AbortSignal; release(): void };
  /** Aborts what runs under the fence; answers how many. */
  abort(fence: FenceNotice): number;
  /** Roots of the trees that have node code running here. */
  roots(): ExecutionId[];
};

export function createRunningNodes(): RunningNodes {
  const slots = new Set<Slot>();
  return {
    register(_id, path) {
      const slot: Slot = { path, controller: new AbortController() };
      slots.add(slot);
      return { signal: slot.controller.signal, release: () => void slots.delete(slot) };
    },
    abort({ executionId, stopId }) {
      const hit = [...slots].filter(({ path, controller }) => !controller.signal.aborted && path.includes(executionId));
      const reason: AbortReason = { kind: "fenced", stopId };
      for (const { controller } of hit) controller.abort(reason);
      return hit.length;
    },
    roots: () => [...new Set([...slots].flatMap(({ path }) => path.slice(0, 1)))],
  };
}
