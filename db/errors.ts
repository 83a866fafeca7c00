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
]);
/** pg reports a cut connection and a full pool by text alone. */
const unavailableTexts = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^Client has encountered a connection error/,
];

/** The error a driver threw, from under the wrapping that drizzle puts around it. */
function driverError(error: unknown): { code: string; message: string } {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) inner = inner.errors[0];
  if (!(inner instanceof Error)) return { code: "", message: "" };
  return { code: "code" in inner && typeof inner.code === "string" ? inner.code : "", message: inner.message };
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
