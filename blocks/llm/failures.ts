import { APICallError } from "ai";
import { isObject } from "../../graph/json";
import { BlockFailure, isBlockFailure } from "../block";

/**
 * What a model's endpoint has failed with, as one of five codes. Retryable: `model_rate_limited`, `model_unavailable`. Fatal:
 * `model_auth`, `model_quota`, `model_bad_request`.
 */
export function toFailure(error: unknown): BlockFailure {
  if (isBlockFailure(error)) return error;
  const call = findCall(error);
  if (!call) return unavailable(`the model's endpoint did not answer: ${codeOf(error)}`);
  const { statusCode: status = 0, responseBody: body = "" } = call;
  const said = `the model's endpoint answered ${status}: ${messageIn(body)}`;
  if (status === 401 || status === 403) return new BlockFailure("model_auth", said);
  if (status === 402 || /insufficient_quota|exceeded your current quota|billing/i.test(body)) {
    return new BlockFailure("model_quota", said);
  }
  if (status === 429) return new BlockFailure("model_rate_limited", said, { retryable: true });
  if (status === 0) return unavailable(`the model's endpoint did not answer: ${codeOf(call.cause)}`);
  // A 200 that the SDK cannot read is the endpoint's fault too.
  return status < 400 || status >= 500 || status === 408 || status === 409
    ? unavailable(said)
    : new BlockFailure("model_bad_request", said);
}

function unavailable(message: string): BlockFailure {
  return new BlockFailure("model_unavailable", message, { retryable: true });
}

function findCall(error: unknown): APICallError | undefined {
  if (APICallError.isInstance(error)) return error;
  return error instanceof Error && error.cause !== undefined ? findCall(error.cause) : undefined;
}

/** The endpoint's own words, cut: it may repeat the prompt. */
function messageIn(body: string): string {
  const found = /"message"\s*:\s*"((?:[^"\\]|\\.){0,300})/.exec(body)?.[1];
  return found ?? "(no message)";
}

/** A code such as ECONNREFUSED, from wherever it is in the chain of causes. */
function codeOf(error: unknown): string {
  if (!isObject(error) && !(error instanceof Error)) return "no code";
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  return cause === undefined ? "no code" : codeOf(cause);
}
