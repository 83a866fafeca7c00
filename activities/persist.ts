import { Context } from "@temporalio/activity";
import { backOff } from "exponential-backoff";
import { isUnavailable } from "../db/errors";
import { timeoutSlackMs } from "../workflows/messages";
import { Overtaken } from "./overtaken";

/** A minute: what Temporal waits for an attempt, but for what run-on has used of it and the last try. */
const longestMs = timeoutSlackMs - 30_000;
const pace = { startingDelay: 100, timeMultiple: 2, maxDelay: 1_000, numOfAttempts: Infinity } as const;

/**
 * Writes how a node's code has ended, however long Postgres is away up to a minute. Only who ran the code knows it: another
 * attempt would run it once more, and under a fence nobody could say that it is over. `write` has to bear being repeated, for
 * its first answer may be lost; it is told when it is. What that code reads meanwhile is asked for in the same way: a cut is no
 * failure of its block.
 */
export function persist<T>(write: (isRepeat: boolean) => Promise<T>): Promise<T> {
  const activity = Context.current();
  const began = performance.now();
  let tries = 0;
  const mayPass = (error: unknown) => isUnavailable(error) || error instanceof Overtaken;
  return backOff(() => write(tries++ > 0), {
    ...pace,
    retry: (error) =>
      mayPass(error) && activity.cancellationDetails?.workerShutdown !== true && performance.now() - began < longestMs,
  });
}
