import type { InlineBlock, Inputs } from "../block";
import { invalid, readBoolean, readList, readObject, readText } from "../inputs";
import { render, rendersInline } from "../template/render";
import type { TemplateJob } from "../template/render";
import type { RenderAside } from "../template/threads";
import { countCodePoints, dump, splitWords, trim } from "../texts";
import * as definitions from "./definition";

function fillTextTemplate(renderAside: RenderAside): InlineBlock {
  return {
    definition: definitions.fillTextTemplate,
    run: (inputs) => [{ pin: "output", value: render(readJob(inputs)) }],
    fitsInline: (inputs) => rendersInline(readText(inputs, "format", "")),
    runRemote: async (inputs, { signal }) => [{ pin: "output", value: await renderAside(readJob(inputs), signal) }],
  };
}

function readJob(inputs: Inputs): TemplateJob {
  return {
    format: readText(inputs, "format"),
    values: readObject(inputs, "values", {}),
    escapeHtml: readBoolean(inputs, "escape_html", false),
  };
}

const combineTexts: InlineBlock = {
  definition: definitions.combineTexts,
  run: (inputs) => {
    const texts = readList(inputs, "input").map((text, i) => {
      if (text === null) throw invalid(`input has no text at index ${i}`);
      return typeof text === "string" ? text : dump(text);
    });
    return [{ pin: "output", value: join(texts, readText(inputs, "delimiter", "")) }];
  },
};

const textSplit: InlineBlock = {
  definition: definitions.textSplit,
  run: (inputs) => {
    const text = readText(inputs, "text");
    const delimiter = readText(inputs, "delimiter");
    if (text === "") return [{ pin: "texts", value: [] }];
    if (delimiter === "") throw invalid("delimiter must not be empty");
    const parts = text.split(delimiter);
    return [{ pin: "texts", value: readBoolean(inputs, "strip", true) ? parts.map(trim) : parts }];
  },
};

const textReplace: InlineBlock = {
  definition: definitions.textReplace,
  run: (inputs) => {
    const [text, old] = [readText(inputs, "text"), readText(inputs, "old")];
    const parts = old === "" ? ["", ...text, ""] : text.split(old);
    return [{ pin: "output", value: join(parts, readText(inputs, "new")) }];
  },
};

/** As long as the longest value: 250 KB of delimiters and as much of delimiter would make 30 GB. */
const maxLength = 16 * 1024 * 1024;

function join(parts: readonly string[], delimiter: string): string {
  const length = parts.reduce((sum, part) => sum + part.length, delimiter.length * Math.max(0, parts.length - 1));
  if (length > maxLength) throw invalid("the text would be over 16 MiB");
  return parts.join(delimiter);
}

const wordCharacterCount: InlineBlock = {
  definition: definitions.wordCharacterCount,
  run: (inputs) => {
    const text = readText(inputs, "text");
    return [
      { pin: "word_count", value: splitWords(text).length },
      { pin: "character_count", value: countCodePoints(text) },
    ];
  },
};

export const textBlocks: readonly InlineBlock[] = [combineTexts, textSplit, textReplace, wordCharacterCount];

export function templateBlocks(renderAside: RenderAside): readonly InlineBlock[] {
  return [fillTextTemplate(renderAside)];
}
