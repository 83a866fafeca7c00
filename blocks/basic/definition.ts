import { any, define, emitted, oneOf, optional, pins, required, text } from "../pins";

export const storeValue = define({
  id: "1ff065e9-88e8-4358-9d82-8dc91f622ba9",
  name: "StoreValue",
  description: "Keeps a value and hands it on, again and again, to what is linked to it.",
  placement: "inline",
  staticOutput: true,
  inputSchema: pins({
    input: required(any, "The value to hand on where `data` is empty."),
    data: optional(any, null, "The value to keep; null, false, 0 and what is empty count as absent."),
  }),
  outputSchema: pins({ output: emitted(any, "The value kept.") }),
});

export const printToConsole = define({
  id: "f3b1c1b2-4c4f-4f0d-8d2f-4c4f0d8d2f4c",
  name: "PrintToConsole",
  description: "Hands a value on and says that it was printed; the value stands in the record of the run.",
  placement: "inline",
  inputSchema: pins({ text: required(any, "What to print.") }),
  outputSchema: pins({ output: emitted(any, "What was printed."), status: emitted(text, "The text `printed`.") }),
});

export const note = define({
  id: "cc10ff7b-7753-4ff2-9af6-9399b1a7eddc",
  name: "Note",
  description: "A comment on the canvas; it never runs.",
  placement: "inline",
  role: "note",
  inputSchema: pins({ text: required(text, "The comment.") }),
  outputSchema: pins({ output: emitted(text, "The comment.") }),
});

export const universalTypeConverter = define({
  id: "95d1b990-ce13-4d88-9737-ba5c2070c97b",
  name: "UniversalTypeConverter",
  description: "Turns a value into a text, number, boolean, list or object; texts of JSON are parsed.",
  placement: "inline",
  inputSchema: pins({
    value: required(any, "The value to convert."),
    type: required(oneOf("string", "number", "boolean", "list", "dictionary"), "What to make of it."),
  }),
  outputSchema: pins({ value: emitted(any, "The value converted.") }),
});
