import { Environment } from "@huggingface/jinja";
import type { Value } from "@huggingface/jinja";
import type { Json, JsonObject } from "../../graph/json";
import type { Known } from "./operators";

const maxRange = 100_000;

/** The scope a template begins in: the graph's values and `range`, which a value of that name replaces. */
export function createScope(values: JsonObject): Environment {
  const scope = new Environment();
  scope.set("range", range);
  for (const [name, value] of Object.entries(values)) scope.setVariable(name, toValue(value));
  return scope;
}

export function toValue(known: Known): Value {
  return new Environment().set("value", known);
}

/** Throws for a function: a macro or a method that is not called. */
export function toKnown(value: Value): Known {
  const inner = value.value;
  if (isUndefined(value)) return undefined;
  if (inner === null || inner === undefined) return null;
  if (typeof inner === "function") throw new Error("a function stands where a value is wanted");
  if (Array.isArray(inner)) return inner.map(toJson);
  return typeof inner === "object" ? Object.fromEntries([...inner].map(([name, item]) => [name, toJson(item)])) : inner;
}

/** A null value of the package holds no null, so only the type tells. */
export function isUndefined(value: Value): boolean {
  return value.type === "UndefinedValue";
}

function toJson(value: Value): Json {
  return toKnown(value) ?? null;
}

function range(...given: readonly unknown[]): number[] {
  const numbers = given.filter((value): value is number => Number.isInteger(value));
  if (numbers.length !== given.length || given.length === 0) throw new Error("range takes whole numbers");
  const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  if (step === 0) throw new Error("range cannot step by 0");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > maxRange) throw new Error(`range is over its limit of ${maxRange}`);
  return Array.from({ length }, (_, i) => start + i * step);
}
