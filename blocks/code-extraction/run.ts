import type { InlineBlock } from "../block";
import { readText } from "../inputs";
import { trim } from "../texts";
import { codeExtraction } from "./definition";

const tags: readonly [pin: string, tags: string][] = [
  ["html", "html htm"],
  ["css", "css"],
  ["javascript", "javascript js"],
  ["python", "python py"],
  ["sql", "sql"],
  ["java", "java"],
  ["cpp", "cpp c++"],
  ["csharp", "csharp c# cs"],
  ["json_code", "json_code json"],
  ["bash", "bash shell sh"],
  ["php", "php"],
  ["ruby", "ruby rb"],
  ["yaml", "yaml yml"],
  ["markdown", "markdown md"],
  ["typescript", "typescript ts"],
  ["xml", "xml"],
];

const pinOfTag = new Map(tags.flatMap(([pin, names]) => names.split(" ").map((name) => [name, pin])));

const fence = /```([^\s`]*)[^\S\n]*\n([^]*?)```/g;

const extraction: InlineBlock = {
  definition: codeExtraction,
  run: (inputs) => {
    const found = new Map<string, string[]>();
    const rest = readText(inputs, "text").replace(fence, (block: string, tag: string, code: string) => {
      const pin = pinOfTag.get(tag.toLowerCase());
      if (pin === undefined) return block;
      const blocks = found.get(pin) ?? [];
      found.set(pin, blocks);
      blocks.push(trim(code));
      return "";
    });
    return [
      ...tags.map(([pin]) => ({ pin, value: found.get(pin)?.join("\n\n") ?? "" })),
      { pin: "remaining_text", value: trim(rest.replace(/\n\s*\n/g, "\n")) },
    ].filter(({ value }) => value !== "");
  },
};

export const codeExtractionBlocks: readonly InlineBlock[] = [extraction];
