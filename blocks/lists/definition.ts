import { any, boolean, define, emitted, integer, list, nullable, optional, pins, required } from "../pins";

export const createList = define({
  id: "a912d5c7-6e00-4542-b2a9-8034136930e4",
  name: "CreateList",
  description: "Emits the values as one list, or in chunks of limited size.",
  placement: "inline",
  inputSchema: pins({
    values: required(list, "The values."),
    max_size: optional(nullable(integer), null, "The most values in one list."),
    max_tokens: optional(nullable(integer), null, "The most tokens in one list, by an estimate of 4 characters each."),
  }),
  outputSchema: pins({ list: emitted(list, "One list for each chunk; one empty list for no values.") }),
});

export const addToList = define({
  id: "aeb08fc1-2fc1-4141-bc8e-f758f183a822",
  name: "AddToList",
  description: "Adds one or more entries to a copy of a list, at its end or at a position.",
  placement: "inline",
  inputSchema: pins({
    list: optional(list, [], "The list."),
    entry: optional(any, null, "One entry to add, after `entries`; null adds none."),
    entries: optional(list, [], "Entries to add."),
    position: optional(
      nullable(integer),
      null,
      "Where to add; negative counts from the end, out of range clamps; null: at the end.",
    ),
  }),
  outputSchema: pins({ updated_list: emitted(list, "The list with the entries.") }),
});

export const findInList = define({
  id: "5e2c6d0a-1e37-489f-b1d0-8e1812b23333",
  name: "FindInList",
  description: "Looks for a value in a list; 1 and true count as equal.",
  placement: "inline",
  inputSchema: pins({
    list: required(list, "The list."),
    value: required(any, "The value to look for."),
  }),
  outputSchema: pins({
    index: emitted(integer, "Where it is first, if it is there."),
    found: emitted(boolean, "Whether it is there."),
    not_found_value: emitted(any, "The value, if it is not there."),
  }),
});

export const getListItem = define({
  id: "262ca24c-1025-43cf-a578-534e23234e97",
  name: "GetListItem",
  description: "Takes one item of a list; fails where there is none.",
  placement: "inline",
  inputSchema: pins({
    list: required(list, "The list."),
    index: required(integer, "Its index; negative counts from the end."),
  }),
  outputSchema: pins({ item: emitted(any, "The item.") }),
});

export const removeFromList = define({
  id: "d93c5a93-ac7e-41c1-ae5c-ef67e6e9b826",
  name: "RemoveFromList",
  description: "Removes one item from a copy of a list, by index or by value; fails where it is absent.",
  placement: "inline",
  inputSchema: pins({
    list: required(list, "The list."),
    value: optional(any, null, "The value whose first occurrence is removed; null: none."),
    index: optional(nullable(integer), null, "The index to remove, before `value`; negative counts from the end."),
    return_item: optional(boolean, false, "Whether to emit the removed item too."),
  }),
  outputSchema: pins({
    updated_list: emitted(list, "The list without the item."),
    removed_item: emitted(any, "The item removed, if asked for."),
  }),
});

export const replaceListItem = define({
  id: "fbf62922-bea1-4a3d-8bac-23587f810b38",
  name: "ReplaceListItem",
  description: "Replaces one item in a copy of a list; fails where there is none.",
  placement: "inline",
  inputSchema: pins({
    list: required(list, "The list."),
    index: required(integer, "Its index; negative counts from the end."),
    value: required(any, "The new item."),
  }),
  outputSchema: pins({
    updated_list: emitted(list, "The list with the new item."),
    old_item: emitted(any, "The item before."),
  }),
});

export const listIsEmpty = define({
  id: "896ed73b-27d0-41be-813c-c1c1dc856c03",
  name: "ListIsEmpty",
  description: "Tells whether a list has no items.",
  placement: "inline",
  inputSchema: pins({ list: required(list, "The list.") }),
  outputSchema: pins({ is_empty: emitted(boolean, "Whether it is empty.") }),
});

export const reverseListOrder = define({
  id: "422cb708-3109-4277-bfe3-bc2ae5812777",
  name: "ReverseListOrder",
  description: "Turns the order of a list round.",
  placement: "inline",
  inputSchema: pins({ input_list: required(list, "The list.") }),
  outputSchema: pins({ reversed_list: emitted(list, "Its items, the last first.") }),
});
