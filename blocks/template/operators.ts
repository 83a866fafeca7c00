import { isObject } from "../../graph/json";
import type { Json } from "../../graph/json";
import { kindOf } from "../inputs";
import { print } from "../texts";
import { compare, equals } from "../truth";

/** The longest text a template may make. */
export const maxLength = 16 * 1024 * 1024;

/** What a template knows of a value: JSON, or nothing for an undefined name. */
export type Known = Json | undefined;

/** Python's binary operators, without `and` and `or`. Throws `Error` where Python would, and for `%` on texts. */
export function operate(operator: string, left: Known, right: Known): Json {
  switch (operator) {
    case "==":
      return same(left, right);
    case "!=":
      return !same(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "~":
      return printKnown(left) + printKnown(right);
  }
  if (left === undefined || right === undefined) throw new Error(`${operator} was given an undefined name`);
  if (["<", ">", "<=", ">="].includes(operator)) return isOrdered(operator, left, right);
  const [a, b] = [toNumber(left), toNumber(right)];
  if (a !== undefined && b !== undefined) return calculate(operator, a, b);
  if (operator === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (operator === "+" && Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (operator === "*" && typeof left === "string" && b !== undefined) return repeat(left, b);
  throw new Error(`${operator} cannot be used on ${kindOf(left)} and ${kindOf(right)}`);
}

/** An undefined name prints nothing. */
export function printKnown(known: Known): string {
  return known === undefined ? "" : print(known);
}

function same(left: Known, right: Known): boolean {
  return left === undefined || right === undefined ? left === right : equals(left, right);
}

function contains(container: Known, item: Known): boolean {
  if (container === undefined) return false;
  if (typeof container === "string" && typeof item === "string") return container.includes(item);
  if (Array.isArray(container)) return container.some((other) => same(other, item));
  if (isObject(container)) return typeof item === "string" && Object.hasOwn(container, item);
  throw new Error(`in cannot search ${kindOf(container)}`);
}

function isOrdered(operator: string, left: Json, right: Json): boolean {
  const order = compare(left, right);
  if (order === undefined) throw new Error(`${operator} cannot order ${kindOf(left)} and ${kindOf(right)}`);
  if (operator === "<") return order < 0;
  if (operator === ">") return order > 0;
  return operator === "<=" ? order <= 0 : order >= 0;
}

function calculate(operator: string, a: number, b: number): number {
  if (b === 0 && ["/", "//", "%"].includes(operator)) throw new Error(`${operator} by zero`);
  const result = arithmetic[operator]?.(a, b);
  if (result === undefined || !Number.isFinite(result))
    throw new Error(`${operator} of these numbers has no number as result`);
  return result;
}

const arithmetic: { readonly [operator: string]: (a: number, b: number) => number } = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "//": (a, b) => Math.floor(a / b),
  "%": (a, b) => a - b * Math.floor(a / b), // the sign of b, as in Python
  "**": (a, b) => a ** b,
};

function toNumber(value: Json): number | undefined {
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

function repeat(text: string, times: number): string {
  if (text.length * times > maxLength) throw new Error("the text is over 16 MiB");
  return text.repeat(Math.max(0, times));
}
