/** How long code has to end when its time is up or its worker shuts down. */
const graceMs = 1_000;

/** Node code that was told to end and does not: nobody waits for it any longer, and whatever it still does is not recorded. */
export class LeftBehind extends Error {
  override readonly name = "LeftBehind";
}

/**
 * What the code answers, unless it is left behind: at once when `givenUp` aborts, a second after `hasty` does. A thread
 * cannot be taken from code that never ends, but a worker's slot and its shutdown do not wait for it.
 */
export async function endedOrLeft<T>(code: Promise<T>, givenUp: AbortSignal, hasty: AbortSignal): Promise<T> {
  const over = new AbortController();
  const left = new Promise<never>((_resolve, reject) => {
    const leave = () => reject(new LeftBehind("its code does not end"));
    const leaveSoon = () => {
      const timer = setTimeout(leave, graceMs);
      over.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    };
    onAbort(givenUp, leave, over.signal);
    onAbort(hasty, leaveSoon, over.signal);
  });
  try {
    return await Promise.race([code, left]);
  } finally {
    over.abort();
  }
}

function onAbort(signal: AbortSignal, act: () => void, until: AbortSignal): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true, signal: until });
}
