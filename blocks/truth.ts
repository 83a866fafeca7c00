import { isObject } from "../graph/json";
import type { Json } from "../graph/json";

export { isTruthy } from "../graph/convert";

/** Python's equality: deep, keys in any order, and 1 == 1.0 == true. */
export function equals(a: Json, b: Json): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equals(item, b[i]));
  }
  if (isObject(a)) {
    if (!isObject(b)) return false;
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && equals(a[key] ?? null, b[key] ?? null))
    );
  }
  return numeric(a) === numeric(b);
}

/**
 * Python's order: below, equal to or above 0, NaN where a NaN is in play (every comparison is then false), `undefined` where
 * the two have no order. Texts by code point, lists item by item; true and false count as 1 and 0.
 */
export function compare(a: Json, b: Json): number | undefined {
  const [x, y] = [numeric(a), numeric(b)];
  if (typeof x === "number" && typeof y === "number") return x === y ? 0 : x - y;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  const differs = a.findIndex((item, i) => i >= b.length || !equals(item, b[i]));
  return differs === -1 || differs >= b.length ? a.length - b.length : compare(a[differs], b[differs]);
}

function numeric(value: Json): Json {
  return typeof value === "boolean" ? Number(value) : value;
}

/** UTF-8 keeps the order of code points; UTF-16, and so `<`, does not. */
function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
