import { any, boolean, define, emitted, integer, number, oneOf, optional, pins, required } from "../pins";

export const calculator = define({
  id: "b1ab9b19-67a6-406d-abf5-2dba76d00c79",
  name: "Calculator",
  description: "Adds, subtracts, multiplies, divides or raises to a power.",
  placement: "inline",
  inputSchema: pins({
    operation: required(oneOf("Add", "Subtract", "Multiply", "Divide", "Power"), "What to do with a and b."),
    a: required(number, "The first number."),
    b: required(number, "The second number."),
    round_result: optional(boolean, false, "Round to a whole number, halves to the even one."),
  }),
  outputSchema: pins({ result: emitted(number, "The result; infinities and NaN as texts.") }),
});

export const countItems = define({
  id: "3c9c2f42-b0c3-435f-ba35-05f7a25c772a",
  name: "CountItems",
  description: "Counts the items of a list, the keys of an object or the characters of a text.",
  placement: "inline",
  inputSchema: pins({ collection: required(any, "What to count in.") }),
  outputSchema: pins({ count: emitted(integer, "How many; -1 for what has no length.") }),
});
