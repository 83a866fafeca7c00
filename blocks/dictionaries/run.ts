import { isObject, own } from "../../graph/json";
import type { Json, JsonObject } from "../../graph/json";
import { BlockFailure } from "../block";
import type { InlineBlock, Inputs } from "../block";
import { parseJson } from "../convert";
import { invalid, kindOf, readAny, readBoolean, readObject, readText } from "../inputs";
import * as definitions from "./definition";

const createDictionary: InlineBlock = {
  definition: definitions.createDictionary,
  run: (inputs) => [{ pin: "dictionary", value: readObject(inputs, "values") }],
};

const addToDictionary: InlineBlock = {
  definition: definitions.addToDictionary,
  run: (inputs) => {
    const key = readText(inputs, "key", "");
    const value = inputs["value"] ?? null;
    const updated = {
      ...readObject(inputs, "dictionary", {}),
      ...(key === "" || value === null ? {} : { [key]: value }),
      ...readObject(inputs, "entries", {}),
    };
    return [{ pin: "updated_dictionary", value: updated }];
  },
};

const findInDictionary: InlineBlock = {
  definition: definitions.findInDictionary,
  run: (inputs) => {
    const input = readAny(inputs, "input");
    const found = find(parsed(input), readKey(inputs));
    return [found === undefined ? { pin: "missing", value: input } : { pin: "output", value: found }];
  },
};

function parsed(input: Json): Json {
  if (typeof input !== "string") return input;
  const value = parseJson(input);
  if (value === undefined) throw invalid("input is a text, but no JSON");
  return value;
}

function find(input: Json, key: string | number): Json | undefined {
  if (isObject(input)) return own(input, String(key));
  if (!Array.isArray(input)) return undefined;
  if (typeof key === "number") return input[key];
  return input.flatMap((item) => (isObject(item) && Object.hasOwn(item, key) ? [item[key] ?? null] : []));
}

function readKey(inputs: Inputs): string | number {
  const key = readAny(inputs, "key");
  if (typeof key === "string" || Number.isInteger(key)) return key as string | number;
  throw invalid(`key must be a text or a whole number, not ${kindOf(key)}`);
}

const removeFromDictionary: InlineBlock = {
  definition: definitions.removeFromDictionary,
  run: (inputs) => {
    const { dictionary, key, value } = readEntry(inputs);
    const updated = Object.fromEntries(Object.entries(dictionary).filter(([name]) => name !== key));
    const returned = readBoolean(inputs, "return_value", false) ? [{ pin: "removed_value", value }] : [];
    return [{ pin: "updated_dictionary", value: updated }, ...returned];
  },
};

const replaceDictionaryValue: InlineBlock = {
  definition: definitions.replaceDictionaryValue,
  run: (inputs) => {
    const { dictionary, key, value } = readEntry(inputs);
    return [
      { pin: "updated_dictionary", value: { ...dictionary, [key]: readAny(inputs, "value") } },
      { pin: "old_value", value },
    ];
  },
};

/** The pins `dictionary` and `key`, and the value that is there; a failure where none is. */
function readEntry(inputs: Inputs): { dictionary: JsonObject; key: string; value: Json } {
  const dictionary = readObject(inputs, "dictionary");
  const key = String(readKey(inputs));
  const value = own(dictionary, key);
  if (value === undefined) throw new BlockFailure("key_absent", `the dictionary has no key "${key}"`);
  return { dictionary, key, value };
}

const dictionaryIsEmpty: InlineBlock = {
  definition: definitions.dictionaryIsEmpty,
  run: (inputs) => [{ pin: "is_empty", value: Object.keys(readObject(inputs, "dictionary")).length === 0 }],
};

export const dictionaryBlocks: readonly InlineBlock[] = [
  createDictionary,
  addToDictionary,
  findInDictionary,
  removeFromDictionary,
  replaceDictionaryValue,
  dictionaryIsEmpty,
];
