import { isObject, own } from "../../graph/json";
import type { Json } from "../../graph/json";
import { kindOf } from "../inputs";
import { parseFloatText } from "../numbers";
import { countCodePoints, print } from "../texts";
import { isTruthy } from "../truth";
import { printKnown } from "./operators";
import type { Known } from "./operators";

/** What was given in a filter's parentheses; keywords under their names. */
export type Arguments = { readonly positional: readonly Known[]; readonly keywords: ReadonlyMap<string, Known> };

type Filter = (operand: Known, given: Arguments) => Known;

/** Filters that the package has in another dialect than Python's. */
export const ownFilters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ["default", replaceUndefined],
  ["d", replaceUndefined],
  ["string", printKnown],
  ["length", count],
  ["count", count],
  ["join", join],
  ["int", (operand, given) => Math.trunc(parseNumber(operand) ?? Number(argument(given, 0, "default") ?? 0))],
  ["float", (operand, given) => parseNumber(operand) ?? Number(argument(given, 0, "default") ?? 0)],
]);

/** All that a template may use: those above, `safe`, and what the package does as Jinja2 does. `tojson` is left out on purpose. */
export const filterNames: ReadonlySet<string> = new Set([
  ...ownFilters.keys(),
  ...["safe", "first", "last", "list", "reverse", "sort", "unique", "map", "selectattr", "rejectattr"],
  ...["upper", "lower", "title", "capitalize", "trim", "indent", "replace", "abs", "items", "dictsort"],
]);

function argument(given: Arguments, position: number, name: string): Known {
  return given.positional[position] ?? given.keywords.get(name);
}

function replaceUndefined(operand: Known, given: Arguments): Known {
  const replaces = operand === undefined || (isTruthy(argument(given, 1, "boolean") ?? false) && !isTruthy(operand));
  return replaces ? (argument(given, 0, "default_value") ?? "") : operand;
}

function count(operand: Known): number {
  if (operand === undefined) return 0;
  if (typeof operand === "string") return countCodePoints(operand);
  if (Array.isArray(operand)) return operand.length;
  if (isObject(operand)) return Object.keys(operand).length;
  throw new Error(`${kindOf(operand)} has no length`);
}

function join(operand: Known, given: Arguments): string {
  const items = typeof operand === "string" ? [...operand] : isObject(operand) ? Object.keys(operand) : (operand ?? []);
  if (!Array.isArray(items)) throw new Error(`join cannot be used on ${kindOf(items)}`);
  const attribute = argument(given, 1, "attribute");
  const shown = attribute === undefined ? items : items.map((item: Json) => pick(item, print(attribute).split(".")));
  return shown
    .map((item: Json | undefined) => (item === undefined ? "" : print(item)))
    .join(print(argument(given, 0, "d") ?? ""));
}

function pick(item: Json, [name = "", ...rest]: readonly string[]): Known {
  const inner = isObject(item) ? own(item, name) : undefined;
  return inner === undefined || rest.length === 0 ? inner : pick(inner, rest);
}

function parseNumber(operand: Known): number | undefined {
  if (typeof operand === "boolean") return Number(operand);
  const number = typeof operand === "string" ? parseFloatText(operand) : operand;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
