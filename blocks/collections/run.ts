import { isObject, own } from "../../graph/json";
import type { Json } from "../../graph/json";
import { BlockFailure } from "../block";
import type { Block, InlineBlock } from "../block";
import { parseJson } from "../convert";
import { invalid, kindOf, readAny, readBoolean, readInteger, readList, readObject } from "../inputs";
import type { Inputs } from "../block";
import { dump } from "../texts";
import * as definitions from "./definition";

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
    const dictionary = readObject(inputs, "dictionary");
    const key = String(readKey(inputs));
    const removed = own(dictionary, key);
    if (removed === undefined) throw new BlockFailure("key_absent", `the dictionary has no key "${key}"`);
    const updated = Object.fromEntries(Object.entries(dictionary).filter(([name]) => name !== key));
    const returned = readBoolean(inputs, "return_value", false) ? [{ pin: "removed_value", value: removed }] : [];
    return [{ pin: "updated_dictionary", value: updated }, ...returned];
  },
};

const createList: InlineBlock = {
  definition: definitions.createList,
  run: (inputs) => {
    const maxSize = readLimit(inputs, "max_size");
    const maxTokens = readLimit(inputs, "max_tokens");
    const chunks: Json[][] = [[]];
    let tokens = 0;
    for (const value of readList(inputs, "values")) {
      const cost = maxTokens === Infinity ? 0 : estimateTokens(value);
      const chunk = chunks.at(-1) ?? [];
      if (chunk.length > 0 && (chunk.length >= maxSize || tokens + cost > maxTokens)) {
        chunks.push([value]);
        tokens = cost;
      } else {
        chunk.push(value);
        tokens += cost;
      }
    }
    return chunks.map((chunk) => ({ pin: "list", value: chunk }));
  },
};

function readLimit(inputs: Inputs, pin: string): number {
  const limit = readInteger(inputs, pin, Infinity);
  if (limit < 1) throw invalid(`${pin} must be at least 1`);
  return limit;
}

/** About four characters a token in English text. A single value over the limit gets a list of its own. */
function estimateTokens(value: Json): number {
  return Math.ceil((typeof value === "string" ? value : dump(value)).length / 4);
}

const addToList: InlineBlock = {
  definition: definitions.addToList,
  run: (inputs) => {
    const entry = inputs["entry"] ?? null;
    const added = [...readList(inputs, "entries", []), ...(entry === null ? [] : [entry])];
    const list = readList(inputs, "list", []);
    // splice has the slice rules wanted: negative from the end, out of range clamps
    const updated = list.toSpliced(readInteger(inputs, "position", list.length), 0, ...added);
    return [{ pin: "updated_list", value: updated }];
  },
};

export const collectionBlocks: readonly Block[] = [findInDictionary, removeFromDictionary, createList, addToList];
