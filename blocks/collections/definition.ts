import { any, boolean, define, emitted, integer, list, nullable, object, optional, pins, required } from "../pins";
import type { JsonSchema } from "../../graph/json";

const key: JsonSchema = { type: ["string", "integer"] };

export const findInDictionary = define({
  id: "0e50422c-6dee-4145-83d6-3a5a392f65de",
  name: "FindInDictionary",
  description: "Looks up a key in an object, an index in a list, or a key in each object of a list.",
  placement: "inline",
  inputSchema: pins({
    input: required(any, "An object, a list, or JSON text of one."),
    key: required(key, "The key or the index; an index is not negative."),
  }),
  outputSchema: pins({
    output: emitted(any, "What was found."),
    missing: emitted(any, "The input, where nothing was found."),
  }),
});

export const removeFromDictionary = define({
  id: "46afe2ea-c613-43f8-95ff-6692c3ef6876",
  name: "RemoveFromDictionary",
  description: "Removes a key from a copy of an object; fails where the key is absent.",
  placement: "inline",
  inputSchema: pins({
    dictionary: required(object, "The object."),
    key: required(key, "The key to remove."),
    return_value: optional(boolean, false, "Whether to emit the removed value too."),
  }),
  outputSchema: pins({
    updated_dictionary: emitted(object, "The object without the key."),
    removed_value: emitted(any, "The value removed, if asked for."),
  }),
});

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
