import { define, emitted, pins, required, text } from "../pins";

const code = (language: string) => emitted(text, `The blocks of ${language}, if there are any.`);

export const codeExtraction = define({
  id: "d3a7d896-3b78-4f44-8b4b-48fbf4f0bcd8",
  name: "CodeExtraction",
  description: "Takes the fenced blocks of code out of a text, by their language.",
  placement: "inline",
  inputSchema: pins({ text: required(text, "The text, often an answer of a language model.") }),
  outputSchema: pins({
    html: code("HTML"),
    css: code("CSS"),
    javascript: code("JavaScript"),
    python: code("Python"),
    sql: code("SQL"),
    java: code("Java"),
    cpp: code("C++"),
    csharp: code("C#"),
    json_code: code("JSON"),
    bash: code("shell"),
    php: code("PHP"),
    ruby: code("Ruby"),
    yaml: code("YAML"),
    markdown: code("Markdown"),
    typescript: code("TypeScript"),
    xml: code("XML"),
    remaining_text: emitted(text, "The text outside these blocks, without blank lines, if there is any."),
  }),
});
