import { isObject } from "../graph/json";
import type { Json, JsonObject } from "../graph/json";
import { BlockFailure } from "./block";
import type { Inputs } from "./block";
import { parseFloatText } from "./numbers";
import { dump } from "./texts";
import { isTruthy } from "./truth";

type Reader<T> = {
  (inputs: Inputs, pin: string): T;
  <F>(inputs: Inputs, pin: string, fallback: F): T | F;
};

/**
 * Readers of one pin. Absent or null gives the fallback, or without one a failure. What misfits is made to fit where the
 * coercion rules of the catalogue leave no doubt; else it is a `BlockFailure` `invalid_input` that names pin and types, never the value.
 */
function reader<T>(wanted: string, fit: (value: Json) => T | undefined): Reader<T> {
  return <F>(inputs: Inputs, pin: string, ...fallback: F[]): T | F => {
    const value = inputs[pin] ?? null;
    if (value === null) {
      if (fallback.length === 0) throw invalid(`${pin} is required`);
      return fallback[0] as F;
    }
    const fitted = fit(value);
    if (fitted === undefined) throw invalid(`${pin} must be ${wanted}, not ${kindOf(value)}`);
    return fitted;
  };
}

/** May be an infinity or NaN: their texts are numbers here. */
export const readNumber = reader("a number", toNumber);

/** A fraction is cut off. */
export const readInteger = reader("a whole number", (value) => {
  const number = toNumber(value);
  return number !== undefined && Number.isFinite(number) ? Math.trunc(number) : undefined;
});

/** Anything but a text becomes its JSON dump. */
export const readText = reader("a text", (value) => (typeof value === "string" ? value : dump(value)));

export const readBoolean = reader("true or false", (value) =>
  typeof value === "string" ? ["true", "1"].includes(value.toLowerCase()) : isTruthy(value),
);

export const readList = reader<readonly Json[]>("a list", (value) => (Array.isArray(value) ? value : undefined));

export const readObject = reader<JsonObject>("an object", (value) => (isObject(value) ? value : undefined));

/** Any value, null included; a failure only if the pin is absent. */
export function readAny(inputs: Inputs, pin: string): Json {
  const value = inputs[pin];
  if (value === undefined) throw invalid(`${pin} is required`);
  return value;
}

export function readChoice<const Choice extends string>(
  inputs: Inputs,
  pin: string,
  choices: readonly Choice[],
  fallback?: Choice,
): Choice {
  const value = fallback === undefined ? readText(inputs, pin) : readText(inputs, pin, fallback);
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw invalid(`${pin} must be one of ${choices.join(", ")}`);
  return choice;
}

export function invalid(message: string): BlockFailure {
  return new BlockFailure("invalid_input", message);
}

/** "a text", "a list" …: how messages name a value without showing it. */
export function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? "a text" : typeof value === "number" ? "a number" : "true or false";
}

function toNumber(value: Json): number | undefined {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return parseFloatText(value) ?? undefined;
  return typeof value === "number" ? value : undefined;
}
