import { boolean, define, emitted, integer, list, listOf, object, optional, pins, required, text } from "../pins";

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
    input: required(listOf(text), "The texts."),
    delimiter: optional(text, "", "What to put between them."),
  }),
  outputSchema: pins({ output: emitted(text, "The texts joined.") }),
});

export const textSplit = define({
  id: "d5ea33c8-a575-477a-b42f-2fe3be5055ec",
  name: "TextSplit",
  description: "Splits a text at a delimiter.",
  placement: "inline",
  inputSchema: pins({
    text: required(text, "The text; an empty one gives no parts."),
    delimiter: required(text, "What stands between the parts; not empty."),
    strip: optional(boolean, true, "Whether to trim each part."),
  }),
  outputSchema: pins({ texts: emitted(list, "The parts.") }),
});

export const textReplace = define({
  id: "7e7c87ab-3469-4bcc-9abe-67705091b713",
  name: "TextReplace",
  description: "Replaces all occurrences of a text in another.",
  placement: "inline",
  inputSchema: pins({
    text: required(text, "The text."),
    old: required(
      text,
      "What to replace, as it stands; an empty one is found before, between and after all characters.",
    ),
    new: required(text, "What to put there."),
  }),
  outputSchema: pins({ output: emitted(text, "The text with the replacements.") }),
});

export const wordCharacterCount = define({
  id: "ab2a782d-22cf-4587-8a70-55b59b3f9f90",
  name: "WordCharacterCount",
  description: "Counts the words and the characters of a text.",
  placement: "inline",
  inputSchema: pins({ text: required(text, "The text.") }),
  outputSchema: pins({
    word_count: emitted(integer, "How many words; white space parts them."),
    character_count: emitted(integer, "How many characters, white space included."),
  }),
});
