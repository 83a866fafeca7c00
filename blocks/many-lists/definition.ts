import { any, boolean, define, emitted, integer, list, listOf, nullable, optional, pins, required } from "../pins";

const lists = required(listOf(list), "The lists.");
const listsOrNulls = required(listOf(nullable(list)), "The lists.");
const length = emitted(integer, "How many items that list has.");

export const concatenateLists = define({
  id: "3cf9298b-5817-4141-9d80-7c2cc5199c8e",
  name: "ConcatenateLists",
  description: "Puts lists one after the other; null lists are skipped.",
  placement: "inline",
  inputSchema: pins({
    lists: listsOrNulls,
    deduplicate: optional(boolean, false, "Whether to keep only the first of equal items."),
    remove_none: optional(boolean, false, "Whether to leave out nulls."),
  }),
  outputSchema: pins({ concatenated_list: emitted(list, "All items in their order."), length }),
});

export const flattenList = define({
  id: "cc45bb0f-d035-4756-96a7-fe3e36254b4d",
  name: "FlattenList",
  description: "Puts the items of lists within a list in their place.",
  placement: "inline",
  inputSchema: pins({
    nested_list: required(list, "The list."),
    max_depth: optional(integer, -1, "How many levels to flatten; -1: all."),
  }),
  outputSchema: pins({
    flattened_list: emitted(list, "The list flattened."),
    length,
    original_depth: emitted(integer, "How deep the list was; 1 if it held no list."),
  }),
});

export const interleaveLists = define({
  id: "9f616084-1d9f-4f8e-bc00-5b9d2a75cd75",
  name: "InterleaveLists",
  description: "Takes an item of each list in turn until all are used; null lists are skipped.",
  placement: "inline",
  inputSchema: pins({ lists: listsOrNulls }),
  outputSchema: pins({ interleaved_list: emitted(list, "All items, in turn."), length }),
});

export const zipLists = define({
  id: "0d0e684f-5cb9-4c4b-b8d1-47a0860e0c07",
  name: "ZipLists",
  description: "Puts the items of lists together by index, to the end of the shortest or the longest.",
  placement: "inline",
  inputSchema: pins({
    lists,
    pad_to_longest: optional(boolean, false, "Whether to go on to the end of the longest."),
    fill_value: optional(any, null, "What stands for the items that shorter lists lack."),
  }),
  outputSchema: pins({ zipped_list: emitted(listOf(list), "A list of items for each index."), length }),
});

export const listDifference = define({
  id: "05309873-9d61-447e-96b5-b804e2511829",
  name: "ListDifference",
  description: "The items of one list that are not in another.",
  placement: "inline",
  inputSchema: pins({
    list_a: required(list, "The list whose items are kept."),
    list_b: required(list, "The list whose items are left out."),
    symmetric: optional(boolean, false, "Whether items that are only in list_b follow."),
  }),
  outputSchema: pins({ difference: emitted(list, "The items, in their order; duplicates stay."), length }),
});

export const listIntersection = define({
  id: "b6eb08b6-dbe3-411b-b9b4-2508cb311a1f",
  name: "ListIntersection",
  description: "The items that two lists share.",
  placement: "inline",
  inputSchema: pins({
    list_a: required(list, "The list whose order counts."),
    list_b: required(list, "The other list."),
  }),
  outputSchema: pins({ intersection: emitted(list, "The shared items, each once."), length }),
});
