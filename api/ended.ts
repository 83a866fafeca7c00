import type { Database } from "../db/client";
import { findOver } from "../db/executions";
import { listen, wakeChannel } from "../db/wake";

/** The fallback where a wake-up was lost: one query, however many wait. */
const lookEveryMs = 1_000;

/** Lets callers wait for the end of executions and stops: one LISTEN connection for the process, however many wait. */
export type EndedListener = {
  /**
   * Resolves when `isOver` says so, at the latest after `ms` or when `signal` aborts; answers the last thing it said. It is asked
   * at once, unless it `isFresh`: just recorded, so only a wake-up can say more.
   */
  waitFor(
    id: string,
    ms: number,
    isOver: () => Promise<boolean>,
    signal: AbortSignal,
    isFresh?: boolean,
  ): Promise<boolean>;
  close(): Promise<void>;
};

export async function createEndedListener(db: Database, databaseDirectUrl: string): Promise<EndedListener> {
  const waiting = new Map<string, Set<() => void>>();
  const wakeOne = (id: string) => waiting.get(id)?.forEach((wake) => wake());
  let looking: Promise<void> | null = null;

  async function lookAtAll(): Promise<void> {
    if (waiting.size > 0) (await findOver(db, [...waiting.keys()])).forEach(wakeOne);
  }
  const look = () => {
    looking ??= lookAtAll()
      .catch(() => {}) // the next look makes up for it
      .finally(() => (looking = null));
  };
  const listener = await listen(databaseDirectUrl, wakeChannel, wakeOne, look);
  const timer = setInterval(look, lookEveryMs);

  return {
    async waitFor(id, ms, isOver, signal, isFresh = false) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(ms)))]);
      let goOn = () => {};
      const wake = () => goOn();
      const set = waiting.get(id) ?? new Set();
      waiting.set(id, set.add(wake));
      limit.addEventListener("abort", wake, { once: true });
      try {
        for (let looks = !isFresh || limit.aborted; ; looks = true) {
          const woken = new Promise<void>((resolve) => (goOn = resolve)); // before the look: no end falls between the two
          if (looks) {
            const over = await isOver();
            if (over || limit.aborted) return over;
          }
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
      await looking;
    },
  };
}
