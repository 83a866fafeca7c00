import { boolean, define, emitted, list, object, optional, pins, required, text } from "../pins";

export const fillTextTemplate = define({
  id: "db7d8f02-2f44-4c55-ab7a-eae0941f0c30",
  name: "FillTextTemplate",
  description: "Fills values into a Jinja template.",
  placement: "inline",
  inputSchema: pins({
    values: required(object, "The values, by the name the template calls them."),
    format: required(text, "The template: `{{ name }}`, loops, conditions, filters; an undefined name prints nothing."),
    escape_html: optional(boolean, false, "Whether to escape HTML in what is printed."),
  }),
  outputSchema: pins({ output: emitted(text, "The text.") }),
});

export const combineTexts = define({
  id: "e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85",
  name: "CombineTexts",
  description: "Joins texts, with a delimiter between them.",
  placement: "inline",
  inputSchema: pins({
    input: required(list, "The texts."),
    delimiter: optional(text, "", "What to put between them."),
  }),
  outputSchema: pins({ output: emitted(text, "The texts joined.") }),
});
