/** Waits for a turn and answers what ends it; rejects with the signal's reason. */
export type TakeTurn = (signal: AbortSignal) => Promise<() => void>;

/** At most `count` turns at a time, in the order they were asked for. */
export function createTurns(count: number): TakeTurn {
  let free = count;
  const waiting = new Set<() => void>();

  function endTurn(): void {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  }

  return async (signal) => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return endTurn;
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        waiting.delete(begin);
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        waiting.delete(begin);
        reject(signal.reason);
      };
      waiting.add(begin);
      signal.addEventListener("abort", leave, { once: true });
    });
    return endTurn;
  };
}
