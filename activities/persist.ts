import { Context } from "@temporalio/activity";
import { backOff } from "exponential-backoff";
import { isUnavailable } from "../db/errors";

/** A minute and a few seconds: a restart of Postgres takes seconds. */
const pace = { startingDelay: 100, timeMultiple: 2, maxDelay: 1_000, numOfAttempts: 64 } as const;

/**
 * Writes how a node's code has ended, however long Postgres is away up to a minute. Only who ran the code knows it: another
 * attempt would run it once more, and under a fence nobody could say that it is over. `write` has to bear being repeated: its
 * first answer may be lost.
 */
export function persist<T>(write: () => Promise<T>): Promise<T> {
  const activity = Context.current();
  return backOff(write, {
    ...pace,
    retry: (error) => isUnavailable(error) && activity.cancellationDetails?.workerShutdown !== true,
  });
}
