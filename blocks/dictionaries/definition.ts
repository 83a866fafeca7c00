import { any, boolean, define, emitted, object, optional, pins, required, text } from "../pins";
import type { JsonSchema } from "../../graph/json";

const key: JsonSchema = { type: ["string", "integer"] };

export const createDictionary = define({
  id: "b924ddf4-de4f-4b56-9a85-358930dcbc91",
  name: "CreateDictionary",
  description: "Makes an object of values that come on pins like `values_#_name`.",
  placement: "inline",
  inputSchema: pins({ values: required(object, "The values by key.") }),
  outputSchema: pins({ dictionary: emitted(object, "The object.") }),
});

export const addToDictionary = define({
  id: "31d1064e-7446-4693-a7d4-65e5ca1180d1",
  name: "AddToDictionary",
  description: "Sets one or more keys in a copy of an object.",
  placement: "inline",
  inputSchema: pins({
    dictionary: optional(object, {}, "The object."),
    key: optional(text, "", "A key to set; empty sets none."),
    value: optional(any, null, "The value of `key`; null sets none."),
    entries: optional(object, {}, "More keys to set, after `key`."),
  }),
  outputSchema: pins({ updated_dictionary: emitted(object, "The object with the keys.") }),
});

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

export const replaceDictionaryValue = define({
  id: "27e31876-18b6-44f3-ab97-f6226d8b3889",
  name: "ReplaceDictionaryValue",
  description: "Replaces the value of a key in a copy of an object; fails where the key is absent.",
  placement: "inline",
  inputSchema: pins({
    dictionary: required(object, "The object."),
    key: required(key, "The key."),
    value: required(any, "Its new value."),
  }),
  outputSchema: pins({
    updated_dictionary: emitted(object, "The object with the new value."),
    old_value: emitted(any, "The value before."),
  }),
});

export const dictionaryIsEmpty = define({
  id: "a3cf3f64-6bb9-4cc6-9900-608a0b3359b0",
  name: "DictionaryIsEmpty",
  description: "Tells whether an object has no keys.",
  placement: "inline",
  inputSchema: pins({ dictionary: required(object, "The object.") }),
  outputSchema: pins({ is_empty: emitted(boolean, "Whether it is empty.") }),
});
