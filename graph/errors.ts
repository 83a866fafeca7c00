/**
 * Every error Treeline can answer, in one table. HTTP reads `http`, the activities read `retry`; docs/errors.md lists the
 * same rows and a test keeps the two equal.
 */
export const errorTable = {
  invalid_request: { http: 400, retry: "terminal", title: "The request cannot be understood" },
  forbidden: { http: 403, retry: "terminal", title: "This caller may not do this" },
  not_found: { http: 404, retry: "terminal", title: "There is no such thing" },
  conflict: { http: 409, retry: "terminal", title: "The state it is in forbids this" },
  cursor_gone: { http: 410, retry: "terminal", title: "Events after this cursor are no longer kept" },
  payload_too_large: { http: 413, retry: "terminal", title: "The body is over the configured size" },
  invalid_graph: { http: 422, retry: "terminal", title: "The graph has faults" },
  invalid_inputs: { http: 422, retry: "terminal", title: "The inputs of the start have faults" },
  idempotency_mismatch: { http: 422, retry: "terminal", title: "This Idempotency-Key was used with another body" },
  limit_exceeded: { http: 429, retry: "terminal", title: "A limit would be passed" },
  too_many_requests: { http: 429, retry: "retryable", title: "Too many requests" },
  internal: { http: 500, retry: "retryable", title: "Treeline has a fault" },
  temporal_unavailable: { http: 503, retry: "retryable", title: "Temporal did not answer" },
  database_unavailable: { http: 503, retry: "retryable", title: "Postgres did not answer" },
} as const satisfies Record<string, { http: number; retry: "terminal" | "retryable"; title: string }>;

export type ErrorCode = keyof typeof errorTable;

/** One thing that is wrong: where (a JSON pointer into the body) and what would be right. */
export type Fault = { readonly pointer: string; readonly detail: string };

export class TreelineError extends Error {
  override readonly name = "TreelineError";
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];

  constructor(code: ErrorCode, detail: string, faults: readonly Fault[] = []) {
    super(detail);
    this.code = code;
    this.faults = faults;
  }
}

/** Jest and bundles load a module twice, so an error is known by its name, not by `instanceof`. */
export function isTreelineError(error: unknown): error is TreelineError {
  return error instanceof Error && error.name === "TreelineError";
}
