/**
 * Rows of a composite type as Postgres reads an array of them, `{"(1,x)","(2,\"y z\")"}`; each is the text between its
 * parentheses: numbers, ids and names of enums as they are, nothing for null, and every text as `quoted` gives it.
 * https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX
 */
export function recordArray(records: readonly string[]): string {
  return records.length === 0 ? "{}" : `{"(${records.join(')","(')})"}`;
}

/** A text, escaped at once for the record it stands in and for the array around that. */
export function quoted(text: string): string {
  const escaped = text.includes("\\") ? text.replaceAll("\\", "\\\\\\\\") : text;
  return `\\"${escaped.replaceAll('"', '\\"\\"')}\\"`;
}

/** The literal of a `text[]`. */
export function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
