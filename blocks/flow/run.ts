import type { Emission } from "../../graph/definition";
import { isObject } from "../../graph/json";
import type { Json } from "../../graph/json";
import { BlockFailure } from "../block";
import type { InlineBlock } from "../block";
import { convert, parseJson } from "../convert";
import { invalid, kindOf, readAny, readChoice, readList, readObject, readText } from "../inputs";
import { jsonNumber, parseFloatText } from "../numbers";
import { trim } from "../texts";
import { compare, equals } from "../truth";
import * as definitions from "./definition";

const operators = ["==", "!=", ">", "<", ">=", "<="] as const;
type Operator = (typeof operators)[number];

const condition: InlineBlock = {
  definition: definitions.condition,
  run: (inputs) => {
    const left = comparable(readAny(inputs, "value1"));
    const right = comparable(readAny(inputs, "value2"));
    const result = holds(left, readChoice(inputs, "operator", operators), right);
    const branch = result
      ? { pin: "yes_output", value: inputs["yes_value"] ?? emittable(left) }
      : { pin: "no_output", value: inputs["no_value"] ?? emittable(right) };
    return [{ pin: "result", value: result }, branch];
  },
};

function holds(left: Json, operator: Operator, right: Json): boolean {
  if (operator === "==") return equals(left, right);
  if (operator === "!=") return !equals(left, right);
  const order = compare(left, right);
  if (order === undefined)
    throw invalid(`${kindOf(left)} and ${kindOf(right)} have no order: ${operator} cannot compare them`);
  if (operator === ">") return order > 0;
  if (operator === "<") return order < 0;
  return operator === ">=" ? order >= 0 : order <= 0;
}

/** Texts are trimmed and become floats if they parse; "inf" and "nan" do. */
function comparable(value: Json): Json {
  if (typeof value !== "string") return value;
  const trimmed = trim(value);
  return parseFloatText(trimmed) ?? trimmed;
}

function emittable(value: Json): Json {
  return typeof value === "number" ? jsonNumber(value) : value;
}

const ifInputMatches: InlineBlock = {
  definition: definitions.ifInputMatches,
  run: (inputs) => {
    const [input, value] = [readAny(inputs, "input"), readAny(inputs, "value")];
    const result = equals(input, convertedTo(input, value));
    const branch = result
      ? { pin: "yes_output", value: inputs["yes_value"] ?? null }
      : { pin: "no_output", value: inputs["no_value"] ?? null };
    return [{ pin: "result", value: result }, branch];
  },
};

/** To the type of `model`; null is no type to convert to. */
function convertedTo(model: Json, value: Json): Json {
  if (model === null) return value;
  if (Array.isArray(model)) return convert(value, "list");
  if (isObject(model)) return convert(value, "dictionary");
  return convert(value, typeof model === "string" ? "string" : typeof model === "number" ? "number" : "boolean");
}

const maxItems = 10_000;
const maxTextLength = 1024 * 1024;

const stepThroughItems: InlineBlock = {
  definition: definitions.stepThroughItems,
  run: (inputs) => {
    const emissions: Emission[] = [];
    try {
      for (const read of [
        () => readList(inputs, "items", []).entries(),
        () => Object.entries(readObject(inputs, "items_object", {})).values(),
        () => entriesOfText(readText(inputs, "items_str", "")),
      ]) {
        const entries = [...read()];
        if (entries.length > maxItems) throw invalid(`${entries.length} items are over the limit of ${maxItems}`);
        emissions.push(
          ...entries.flatMap(([key, item]) => [
            { pin: "item", value: item },
            { pin: "key", value: key },
          ]),
        );
      }
    } catch (error) {
      // The sources before the bad one have been stepped through: their items count.
      if (error instanceof BlockFailure) throw new BlockFailure(error.code, error.message, { emitted: emissions });
      throw error;
    }
    return emissions;
  },
};

function entriesOfText(text: string): Iterable<[string | number, Json]> {
  if (text === "") return [];
  if (text.length > maxTextLength) throw invalid("items_str is over 1 MB");
  const parsed = parseJson(text);
  if (Array.isArray(parsed)) return parsed.entries();
  if (isObject(parsed)) return Object.entries(parsed);
  throw invalid("items_str must be the JSON text of a list or an object");
}

export const flowBlocks: readonly InlineBlock[] = [condition, ifInputMatches, stepThroughItems];
