import type { Response } from "express";
import { z } from "zod";
import { isUnavailable } from "../db/errors";
import { errorTable, isTreelineError, TreelineError, type ErrorCode } from "../graph/errors";

/** RFC 9457, `application/problem+json`. */
export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(errorTable) as ErrorCode[]),
    retryable: z.boolean(),
    instance: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problem>;

/** Seconds that an answer with 429 or 503 asks to wait. */
const retryAfter: Partial<Record<number, string>> = { 429: "1", 503: "1" };

/**
 * Answers an error. One that Treeline did not make itself never shows: its text may hold SQL or values.
 *
 * @param instance the path that was asked for
 */
export function sendProblem(response: Response, error: TreelineError, instance: string): void {
  const { http, title, retry } = errorTable[error.code];
  const wait = retryAfter[http];
  if (wait) response.set("Retry-After", wait);
  const body: Problem = {
    type: `https://treeline.dev/errors/${error.code}`,
    title,
    status: http,
    detail: error.message,
    code: error.code,
    retryable: retry === "retryable",
    instance,
    errors: error.faults.map(({ pointer, detail }) => ({ pointer, detail })),
  };
  response.status(http).type("application/problem+json").send(JSON.stringify(body));
}

/** The error to answer for whatever was thrown. `internal`: a fault of ours, to be logged. */
export function toTreelineError(thrown: unknown): TreelineError {
  if (isTreelineError(thrown)) return thrown;
  if (isUnavailable(thrown)) return new TreelineError("database_unavailable", "Postgres did not answer; ask again");
  return bodyError(thrown) ?? new TreelineError("internal", "an unexpected fault; the server's log has it");
}

/** What express and its body parser throw (the package http-errors: `status`, and `type` where it is about the body). */
function bodyError(thrown: unknown): TreelineError | null {
  if (!(thrown instanceof Error) || !("status" in thrown)) return null;
  if (thrown instanceof URIError) return new TreelineError("not_found", "the path holds a malformed percent escape");
  const type = "type" in thrown ? thrown.type : undefined;
  if (type === "entity.too.large") return new TreelineError("payload_too_large", bodyLimitText(thrown));
  if (type === "entity.parse.failed")
    return new TreelineError("invalid_request", `the body is not JSON: ${thrown.message}`);
  if (typeof thrown.status !== "number" || thrown.status >= 500) return null;
  return new TreelineError("invalid_request", thrown.message); // a charset, an encoding, a malformed percent escape
}

function bodyLimitText(thrown: Error): string {
  return "limit" in thrown
    ? `the body has more than the ${String(thrown.limit)} bytes that are allowed`
    : "the body is too large";
}
