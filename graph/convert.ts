import { isObject } from "./json";
import type { Json } from "./json";
import { jsonNumber, parseFloatText } from "./numbers";

export const targets = ["string", "number", "boolean", "list", "dictionary"] as const;
export type Target = (typeof targets)[number];

/** The catalogue's type coercion. Null is left alone; a text that is no number becomes 0; nothing fails. */
export function convert(value: Json, target: Target): Json {
  if (value === null) return null;
  switch (target) {
    case "string":
      return typeof value === "string" ? value : dump(value);
    case "number":
      return toNumber(value);
    case "boolean":
      return typeof value === "string" ? ["true", "1"].includes(value.toLowerCase()) : isTruthy(value);
    case "list":
      return toList(value);
    case "dictionary":
      return toObject(value);
  }
}

function toNumber(value: Json): Json {
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  return typeof value === "string" ? jsonNumber(parseFloatText(value) ?? 0) : Number(value);
}

function toList(value: Json): Json {
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.entries(value);
  const parsed = typeof value === "string" ? parseJson(value) : undefined;
  return Array.isArray(parsed) ? parsed : [value];
}

function toObject(value: Json): Json {
  if (Array.isArray(value)) return Object.fromEntries(value.entries());
  if (isObject(value)) return value;
  const parsed = typeof value === "string" ? parseJson(value) : value;
  return isObject(parsed) ? parsed : { value: parsed === undefined ? value : parsed };
}

/** `undefined` for a text that is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const parsed: Json = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** JSON text with a space after `,` and `:`. */
export function dump(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(dump).join(", ")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${dump(item)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** Python's truth: null, false, 0, "", [] and {} are false. */
export function isTruthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return typeof value === "number" ? value !== 0 : Boolean(value);
}
