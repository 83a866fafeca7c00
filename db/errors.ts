/** SQLSTATEs and socket errors that mean: Postgres cannot answer now, ask again. */
const unavailable: ReadonlySet<string> = new Set([
  ...[
    "ECONNREFUSED",
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOENT",
  ],
  ...["57P01", "57P02", "57P03", "57P05"], // shut down, crashed, starting up, idle session ended
  ...["53300", "53400", "25P03", "55P03", "57014"], // no connection left, a limit of the server, and our own timeouts
  ...["40001", "40P01"], // serialization failure, deadlock
  "25006", // read-only: a standby that is about to take over
]);
/** pg reports a cut connection and a full pool by text alone. */
const unavailableTexts = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^Client has encountered a connection error/,
];

type Thrown = {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
};

/**
 * Code and text of what a driver threw, from under the wrapping of drizzle (`cause`) and of sockets that tried several
 * addresses (`errors`). Known by their shape: an error of another realm is no `instanceof Error`.
 */
function driverError(thrown: unknown): { code: string; message: string } {
  if (typeof thrown !== "object" || thrown === null) return { code: "", message: "" };
  const { code, message, cause, errors }: Thrown = thrown;
  if (typeof cause === "object" && cause !== null) return driverError(cause);
  if (typeof code === "string") return { code, message: String(message) };
  return Array.isArray(errors) && errors.length > 0 ? driverError(errors[0]) : { code: "", message: String(message) };
}

/** Whether a query failed because Postgres could not answer it now, as opposed to a fault of the query. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = driverError(error);
  return unavailable.has(code) || code.startsWith("08") || unavailableTexts.some((text) => text.test(message));
}

/** Whether a row with this key was there already (SQLSTATE 23505). */
export function isDuplicate(error: unknown): boolean {
  return driverError(error).code === "23505";
}

/** Whether a row that another refers to is not there (SQLSTATE 23503). */
export function isUnknownKey(error: unknown): boolean {
  return driverError(error).code === "23503";
}
