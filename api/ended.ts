import { listen, wakeChannel } from "../db/wake";

/** The fallback where a wake-up was lost. */
const lookEveryMs = 1_000;

/** Lets callers wait for the end of executions and stops: one LISTEN connection for the process, however many wait. */
export type EndedListener = {
  /** Resolves when `isOver` says so, at the latest after `ms` or when `signal` aborts; answers the last thing it said. */
  waitFor(id: string, ms: number, isOver: () => Promise<boolean>, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
};

export async function createEndedListener(databaseDirectUrl: string): Promise<EndedListener> {
  const waiting = new Map<string, Set<() => void>>();
  const wakeOne = (id: string) => waiting.get(id)?.forEach((wake) => wake());
  const wakeAll = () => [...waiting.keys()].forEach(wakeOne);
  const listener = await listen(databaseDirectUrl, wakeChannel, wakeOne, wakeAll);
  const timer = setInterval(wakeAll, lookEveryMs);

  return {
    async waitFor(id, ms, isOver, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(ms)))]);
      let look = () => {};
      const wake = () => look();
      const set = waiting.get(id) ?? new Set();
      waiting.set(id, set.add(wake));
      limit.addEventListener("abort", wake, { once: true });
      try {
        for (;;) {
          const woken = new Promise<void>((resolve) => (look = resolve)); // before the look: no end falls between the two
          const over = await isOver();
          if (over || limit.aborted) return over;
          await woken;
        }
      } finally {
        limit.removeEventListener("abort", wake);
        set.delete(wake);
        if (set.size === 0) waiting.delete(id);
      }
    },
    async close() {
      clearInterval(timer);
      await listener.close();
    },
  };
}
