import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "./failure";

const firstGapMs = 50;
const longestGapMs = 500;
/** An API that starts again is back sooner. */
export const awayForMs = 60_000;
const leavingSignals = ["SIGINT", "SIGTERM"] as const;

export type Follow<Answer> = {
  /** Throws the signal's reason where it aborts. */
  ask(signal: AbortSignal): Promise<Answer>;
  isOver(answer: Answer): boolean;
  /** Gets each answer but the last. */
  onAnswer?(answer: Answer): void;
  /** The API is away, said once; it is asked again. */
  onAway(): void;
  /** Said to one who leaves before the end: what goes on, and where to look again. */
  readonly hints: readonly string[];
  readonly timeoutMs?: number | undefined;
};

/**
 * Asks again and again until it is over, and answers the last answer: soon at first, then every half second, less often where
 * an answer takes long. An API that is away is asked for a minute more. Throws a `Failure`: `left` at Ctrl-C, `timed_out`.
 */
export async function follow<Answer>(what: Follow<Answer>): Promise<Answer> {
  const { signal, close } = listenForLeaving(what);
  try {
    return await askUntilOver(what, signal);
  } finally {
    close();
  }
}

async function askUntilOver<Answer>(what: Follow<Answer>, signal: AbortSignal): Promise<Answer> {
  let gapMs = firstGapMs;
  let awaySince: number | null = null;
  for (;;) {
    const begun = Date.now();
    try {
      const answer = await what.ask(signal);
      if (what.isOver(answer)) return answer;
      awaySince = null;
      what.onAnswer?.(answer);
    } catch (error) {
      if (!isAway(error) || begun - (awaySince ?? begun) > awayForMs) throw error;
      if (awaySince === null) what.onAway();
      awaySince ??= begun;
    }
    await pause(Math.max(gapMs, Date.now() - begun), signal);
    gapMs = Math.min(longestGapMs, 2 * gapMs);
  }
}

/** Ctrl-C and the time abort the signal; its reason is the `Failure` to end with. */
export function listenForLeaving({ hints, timeoutMs }: Pick<Follow<unknown>, "hints" | "timeoutMs">) {
  const controller = new AbortController();
  const leave = () => controller.abort(new Failure("left", "Left", { details: hints }));
  const lateAfter = (ms: number) => {
    const title = `Not over after ${ms / 1_000} s`;
    return setTimeout(() => controller.abort(new Failure("timed_out", title, { details: hints })), ms);
  };
  const timer = timeoutMs === undefined ? undefined : lateAfter(timeoutMs);
  // one Ctrl-C comes more than once: from the terminal, from npm and from the bootstrap
  for (const signal of leavingSignals) process.on(signal, leave);
  return {
    signal: controller.signal,
    close() {
      clearTimeout(timer);
      for (const signal of leavingSignals) process.off(signal, leave);
    },
  };
}

export function isAway(error: unknown): boolean {
  return error instanceof Failure && error.kind === "unreachable";
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
