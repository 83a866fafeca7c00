import { randomUUID } from "node:crypto";
import type { Json } from "../graph/json";
import { asValue, isLarge, Large, shownAs, type LargeKind } from "../graph/large";

/**
 * How a reference to a large value stands in the record: a JSON text whose first character, `$`, is written as `\u0024`. No
 * user can write that: whatever comes from outside is parsed, and JSON.stringify writes a `$` as itself and a backslash as two.
 * The columns are `json`, which keeps the text as it came. See docs/decisions/0009-large-values-by-reference.md.
 */
const written = '"\\u0024large:';

/** JSON for a column of values, with references marked. */
export function toRecord(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(`"${shownAs}`) ? withMarks(value) : text;
}

/** A reference, or a user's text that looks like one: which of them, the value says, not the text. */
function withMarks(value: unknown): string {
  const nobodyKnows = randomUUID();
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, shown: unknown) {
    const itself = this[key];
    return isLarge(itself) ? nobodyKnows + JSON.stringify(Object.values(itself.facts())) : shown;
  });
  return text.replaceAll(`"${nobodyKnows}`, written);
}

/** A `json` column, parsed, with references where marks are. */
export function fromRecord(text: string): Json {
  if (!text.includes(written)) return JSON.parse(text) as Json;
  const nobodyKnows = randomUUID();
  return JSON.parse(text.replaceAll(written, `"${nobodyKnows}`), (_key, value: Json) =>
    typeof value === "string" && value.startsWith(nobodyKnows) ? reference(value.slice(nobodyKnows.length)) : value,
  ) as Json;
}

function reference(facts: string): Json {
  const [id, bytes, kind, preview] = JSON.parse(facts) as [string, number, LargeKind, string];
  return asValue(new Large({ id, bytes, kind, preview }));
}
