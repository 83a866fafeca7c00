import type { Json } from "../../graph/json";
import { BlockFailure } from "../block";
import type { InlineBlock, Inputs } from "../block";
import { invalid, readAny, readBoolean, readInteger, readList } from "../inputs";
import { dump } from "../texts";
import { equals } from "../truth";
import * as definitions from "./definition";

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

const findInList: InlineBlock = {
  definition: definitions.findInList,
  run: (inputs) => {
    const value = readAny(inputs, "value");
    const index = readList(inputs, "list").findIndex((item) => equals(item, value));
    return index === -1
      ? [
          { pin: "found", value: false },
          { pin: "not_found_value", value },
        ]
      : [
          { pin: "index", value: index },
          { pin: "found", value: true },
        ];
  },
};

const getListItem: InlineBlock = {
  definition: definitions.getListItem,
  run: (inputs) => {
    const list = readList(inputs, "list");
    return [{ pin: "item", value: list[position(list, readInteger(inputs, "index"))] ?? null }];
  },
};

/** Counts a negative index from the end. Throws where there is no item. */
function position(list: readonly Json[], index: number): number {
  const found = index < 0 ? list.length + index : index;
  if (found >= 0 && found < list.length) return found;
  throw new BlockFailure("index_out_of_range", `the list has ${list.length} items, none at index ${index}`);
}

const removeFromList: InlineBlock = {
  definition: definitions.removeFromList,
  run: (inputs) => {
    const list = readList(inputs, "list");
    const at = placeToRemove(list, inputs);
    const returned = readBoolean(inputs, "return_item", false)
      ? [{ pin: "removed_item", value: list[at] ?? null }]
      : [];
    return [{ pin: "updated_list", value: list.toSpliced(at, 1) }, ...returned];
  },
};

function placeToRemove(list: readonly Json[], inputs: Inputs): number {
  const index = readInteger(inputs, "index", null);
  if (index !== null) return position(list, index);
  const value = inputs["value"] ?? null;
  if (value === null) throw invalid("index or value is required");
  const found = list.findIndex((item) => equals(item, value));
  if (found === -1) throw new BlockFailure("item_absent", "the list has no such item");
  return found;
}

const replaceListItem: InlineBlock = {
  definition: definitions.replaceListItem,
  run: (inputs) => {
    const list = readList(inputs, "list");
    const at = position(list, readInteger(inputs, "index"));
    return [
      { pin: "updated_list", value: list.with(at, readAny(inputs, "value")) },
      { pin: "old_item", value: list[at] ?? null },
    ];
  },
};

const listIsEmpty: InlineBlock = {
  definition: definitions.listIsEmpty,
  run: (inputs) => [{ pin: "is_empty", value: readList(inputs, "list").length === 0 }],
};

const reverseListOrder: InlineBlock = {
  definition: definitions.reverseListOrder,
  run: (inputs) => [{ pin: "reversed_list", value: readList(inputs, "input_list").toReversed() }],
};

export const listBlocks: readonly InlineBlock[] = [
  createList,
  addToList,
  findInList,
  getListItem,
  removeFromList,
  replaceListItem,
  listIsEmpty,
  reverseListOrder,
];
