import type { Block, InlineBlock, Inputs } from "../block";
import { invalid, readBoolean, readList, readObject, readText } from "../inputs";
import { render, rendersInline } from "../template/render";
import type { TemplateJob } from "../template/render";
import type { RenderAside } from "../template/threads";
import { dump } from "../texts";
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
    return [{ pin: "output", value: texts.join(readText(inputs, "delimiter", "")) }];
  },
};

export function textBlocks(renderAside: RenderAside): readonly Block[] {
  return [fillTextTemplate(renderAside), combineTexts];
}
