import { isObject } from "../../graph/json";
import type { Json, JsonObject } from "../../graph/json";
import type { Emission } from "../../graph/definition";
import type { InlineBlock, Inputs } from "../block";
import { invalid, kindOf, readBoolean, readInteger, readList } from "../inputs";
import * as definitions from "./definition";

type List = readonly Json[];

/** The list, then its length: what all these blocks begin with. */
function emit(pin: string, list: List): Emission[] {
  return [
    { pin, value: list },
    { pin: "length", value: list.length },
  ];
}

function readLists(inputs: Inputs, { skipNull }: { skipNull: boolean }): List[] {
  return readList(inputs, "lists").flatMap((item, i) => {
    if (Array.isArray(item)) return [item as List];
    if (item === null && skipNull) return [];
    throw invalid(`lists must hold lists, not ${kindOf(item)} (at index ${i})`);
  });
}

const concatenateLists: InlineBlock = {
  definition: definitions.concatenateLists,
  run: (inputs) => {
    const all = readLists(inputs, { skipNull: true }).flat(1);
    const kept = readBoolean(inputs, "remove_none", false) ? all.filter((item) => item !== null) : all;
    return emit("concatenated_list", readBoolean(inputs, "deduplicate", false) ? unique(kept) : kept);
  },
};

/** The first of each of equal items. */
function unique(list: List): List {
  const seen = new Set<string>();
  return list.filter((item) => {
    const key = keyOf(item);
    return !seen.has(key) && seen.add(key);
  });
}

/** Equal items have the same key, whatever the order of their keys. Unlike in comparisons, 1 and true differ. */
function keyOf(value: Json): string {
  return JSON.stringify(value, (_, item: Json) => (isObject(item) ? inOrder(item) : item));
}

function inOrder(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const deepest = 1000;

const flattenList: InlineBlock = {
  definition: definitions.flattenList,
  run: (inputs) => {
    const nested = readList(inputs, "nested_list");
    const levels = readInteger(inputs, "max_depth", -1);
    if (levels < -1) throw invalid("max_depth must be -1 or more");
    const depth = depthOf(nested, 1);
    return [
      ...emit("flattened_list", (nested as unknown[]).flat(levels === -1 ? depth : levels) as Json[]),
      { pin: "original_depth", value: depth },
    ];
  },
};

/** Throws for a list that is nested deeper than 1,000. */
function depthOf(list: List, level: number): number {
  if (level > deepest) throw invalid(`nested_list is nested deeper than ${deepest}`);
  let depth = level;
  for (const item of list) if (Array.isArray(item)) depth = Math.max(depth, depthOf(item as List, level + 1));
  return depth;
}

const interleaveLists: InlineBlock = {
  definition: definitions.interleaveLists,
  run: (inputs) => {
    const rounds: Json[][] = [];
    for (const list of readLists(inputs, { skipNull: true })) {
      for (const [i, item] of list.entries()) (rounds[i] ??= []).push(item);
    }
    return emit("interleaved_list", rounds.flat(1));
  },
};

/** Padding can make far more of little: 30,000 empty lists beside one of 80,000 items. */
const mostCells = 1_000_000;

const zipLists: InlineBlock = {
  definition: definitions.zipLists,
  run: (inputs) => {
    const lists = readLists(inputs, { skipNull: false });
    const fill = inputs["fill_value"] ?? null;
    const lengths = lists.map((list) => list.length);
    const choose = readBoolean(inputs, "pad_to_longest", false) ? Math.max : Math.min;
    const length = lengths.reduce((a, b) => choose(a, b), lengths[0] ?? 0);
    if (length * lists.length > mostCells) throw invalid(`the lists would make over ${mostCells} items`);
    const row = (i: number) => lists.map((list) => (i < list.length ? (list[i] ?? null) : fill));
    return emit(
      "zipped_list",
      Array.from({ length }, (_, i) => row(i)),
    );
  },
};

const listDifference: InlineBlock = {
  definition: definitions.listDifference,
  run: (inputs) => {
    const [a, b] = [readList(inputs, "list_a"), readList(inputs, "list_b")];
    const onlyInB = readBoolean(inputs, "symmetric", false) ? without(b, a) : [];
    return emit("difference", [...without(a, b), ...onlyInB]);
  },
};

function without(list: List, other: List): List {
  const keys = new Set(other.map(keyOf));
  return list.filter((item) => !keys.has(keyOf(item)));
}

const listIntersection: InlineBlock = {
  definition: definitions.listIntersection,
  run: (inputs) => {
    const keys = new Set(readList(inputs, "list_b").map(keyOf));
    return emit("intersection", unique(readList(inputs, "list_a").filter((item) => keys.has(keyOf(item)))));
  },
};

export const manyListBlocks: readonly InlineBlock[] = [
  concatenateLists,
  flattenList,
  interleaveLists,
  zipLists,
  listDifference,
  listIntersection,
];
