/** Counts node code that runs until it is aborted, of one side; both sides run in this process. */
export type Holds = {
  /** Runs until the signal aborts; rejects with its reason. */
  hold(signal: AbortSignal): Promise<never>;
  /** Resolves when so many run at once. */
  reached(count: number): Promise<void>;
  /** Resolves when none runs any more, with the time (`performance.now`) at which the last one ended. */
  quiet(): Promise<number>;
};

export function createHolds(): Holds {
  let running = 0;
  let lastEnd = 0;
  const watchers = new Set<() => void>();

  function change(by: 1 | -1): void {
    running += by;
    if (by < 0) lastEnd = performance.now();
    for (const look of watchers) look();
  }

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  }

  return {
    async hold(signal) {
      change(1);
      try {
        return await new Promise<never>((_resolve, reject) => {
          const abort = () => reject(signal.reason as Error);
          if (signal.aborted) abort();
          else signal.addEventListener("abort", abort, { once: true });
        });
      } finally {
        change(-1);
      }
    },
    reached: (count) => until(() => running >= count),
    async quiet() {
      await until(() => running === 0);
      return lastEnd;
    },
  };
}
