import { isObject } from "../graph/json";
import type { Json } from "../graph/json";

export { dump } from "../graph/convert";

/** What Python's `str()` gives, as templates print it: `True`, `None`, `[1, 'x']`; whole numbers without a point: `1`. */
export function print(value: Json): string {
  return typeof value === "string" ? value : repr(value);
}

/** How many code points a text has; UTF-16 units count an emoji twice. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function repr(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quote(key)}: ${repr(item)}`)
      .join(", ")}}`;
  }
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return printNumber(value);
  return value === null ? "None" : value ? "True" : "False";
}

/** Python turns to exponents of two digits below 1e-4; JavaScript does below 1e-6, with one. */
function printNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size > 0 && size < 1e-4 ? value.toExponential() : String(value);
  return digits.replace(/e([+-])(\d)$/, "e$10$2");
}

const named = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escape);
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return (
    named.get(character) ??
    (code < 0x100
      ? `\\x${hex.padStart(2, "0")}`
      : code < 0x10000
        ? `\\u${hex.padStart(4, "0")}`
        : `\\U${hex.padStart(8, "0")}`)
  );
}
