import { any, boolean, define, emitted, list, object, oneOf, optional, pins, required, text } from "../pins";

export const condition = define({
  id: "715696a0-e1da-45c8-b209-c2fa9c3b0be6",
  name: "Condition",
  description: "Compares two values and emits on one of two branches; texts that are numbers are compared as numbers.",
  placement: "inline",
  inputSchema: pins({
    value1: required(any, "The left side."),
    operator: required(oneOf("==", "!=", ">", "<", ">=", "<="), "How to compare."),
    value2: required(any, "The right side."),
    yes_value: optional(any, null, "What to emit where it holds; null: value1."),
    no_value: optional(any, null, "What to emit where it does not hold; null: value2."),
  }),
  outputSchema: pins({
    result: emitted(boolean, "Whether the comparison holds."),
    yes_output: emitted(any, "The branch taken where it holds."),
    no_output: emitted(any, "The branch taken where it does not."),
  }),
});

export const ifInputMatches = define({
  id: "6dbbc4b3-ca6c-42b6-b508-da52d23e13f2",
  name: "IfInputMatches",
  description: "Compares a value with another, which is converted to its type, and emits on one of two branches.",
  placement: "inline",
  inputSchema: pins({
    input: required(any, "The value."),
    value: required(any, "What to compare it with."),
    yes_value: optional(any, null, "What to emit where they are equal."),
    no_value: optional(any, null, "What to emit where they are not."),
  }),
  outputSchema: pins({
    result: emitted(boolean, "Whether they are equal."),
    yes_output: emitted(any, "The branch taken where they are."),
    no_output: emitted(any, "The branch taken where they are not."),
  }),
});

export const stepThroughItems = define({
  id: "f66a3543-28d3-4ab5-8945-9b336371e2ce",
  name: "StepThroughItems",
  description: "Emits each item of a list or object with its index or key; at most 10,000.",
  placement: "inline",
  inputSchema: pins({
    items: optional(list, [], "A list to step through."),
    items_object: optional(object, {}, "An object to step through."),
    items_str: optional(text, "", "JSON text of a list or object, at most 1 MB."),
  }),
  outputSchema: pins({
    item: emitted(any, "The item, before its key."),
    key: emitted(any, "The item's key, in a list its index."),
  }),
});
