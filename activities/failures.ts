import { ApplicationFailure } from "@temporalio/common";
import { isTreelineError, errorTable } from "../graph/errors";
import { leftBehind } from "../workflows/messages";

/**
 * The only place where Treeline's two retry words become Temporal's. Histories get the class and the code; the message stays
 * in Postgres and in the logs.
 */
export function toTemporalFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (isTreelineError(error)) {
    const nonRetryable = errorTable[error.code].retry === "terminal";
    return ApplicationFailure.create({ type: error.code, message: errorTable[error.code].title, nonRetryable });
  }
  const type = error instanceof Error ? error.name : "Error";
  return ApplicationFailure.create({ type, message: "see the worker's log", nonRetryable: false });
}

/** Tells the workflow that the node's code does not follow its signal, and may go on: nobody may say that it is over. */
export function leftBehindFailure(): ApplicationFailure {
  return ApplicationFailure.create({ type: leftBehind, message: leftBehind, nonRetryable: true });
}

/** Asks Temporal for another attempt of a node whose block failed for a passing reason. */
export function retryableFailure(code: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message: code, nonRetryable: false });
}
