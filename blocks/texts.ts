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

/** As many code points from the start of a text, never half of one. */
export function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  let end = 0;
  for (let i = 0; i < count && end < text.length; i += 1) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** White space as Python knows it, for a class of a pattern: with \x1c-\x1f and \x85, without the byte order mark. */
const whiteSpace = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

const isSpace = new RegExp(`^[${whiteSpace}]$`);

/** Python's `strip()`. Steps by character: a pattern for the end of a text takes quadratic time on inner space. */
export function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace.test(text.charAt(start))) start += 1;
  while (end > start && isSpace.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const spaces = new RegExp(`[${whiteSpace}]+`);

/** What white space parts, as Python's `split()` does. */
export function splitWords(text: string): string[] {
  return text.split(spaces).filter((word) => word !== "");
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
  const body = text.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escapeCharacter);
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

/** As a backslash escape of Python: `\n`, `\\`, `\xe9`, `\u4e2d`, `\U0001f600`. */
export function escapeCharacter(character: string): string {
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
