import type { Emission } from "../../graph/definition";
import type { Json } from "../../graph/json";
import { isLarge } from "../../graph/large";
import { isBlockFailure } from "../block";
import type { Block, ChildBlock, InlineBlock, Inputs } from "../block";
import { readBoolean, readInteger, readList, readObject, readText } from "../inputs";
import { render, rendersInline } from "../template/render";
import type { TemplateJob } from "../template/render";
import type { RenderAside } from "../template/threads";
import { print } from "../texts";
import { agentExecutor, agentInputs, agentOutput } from "./definition";

type Definition = InlineBlock["definition"];

/** The value, and what links have brought for parts of it. */
const valuePins = (inputs: Inputs) => Object.keys(inputs).filter((pin) => /^value(?:_[#$@]_|$)/.test(pin));

/** Emits its value, unless that is null. */
function inputBlock(definition: Definition, read: (inputs: Inputs, pin: string, fallback: null) => Json): InlineBlock {
  return {
    definition,
    carries: valuePins,
    run: (inputs) => {
      // What is large has the type of the pin already: the engine has seen to that.
      const value = isLarge(inputs["value"]) ? inputs["value"] : read(inputs, "value", null);
      return value === null ? [] : [{ pin: "result", value }];
    },
  };
}

const inputBlocks: readonly Block[] = [
  inputBlock(agentInputs.any, (inputs) => inputs["value"] ?? null),
  inputBlock(agentInputs.shortText, readText),
  inputBlock(agentInputs.longText, readText),
  inputBlock(agentInputs.number, readInteger),
  inputBlock(agentInputs.date, readText),
  inputBlock(agentInputs.time, readText),
  inputBlock(agentInputs.dropdown, readText),
  // Absent is false, but a null that was given is emitted by none of them.
  inputBlock(agentInputs.toggle, (inputs, pin) => (inputs[pin] === undefined ? false : readBoolean(inputs, pin, null))),
  inputBlock(agentInputs.table, (inputs, pin) => readList(inputs, pin, [])),
  inputBlock(agentInputs.googleDriveFile, readObject),
];

/**
 * With a format it emits only `output`, without one the value and then the name. It has no error pin: a template that fails
 * shows its error as the output.
 */
function outputBlock(renderAside: RenderAside): InlineBlock {
  return {
    definition: agentOutput,
    carries: (inputs) => (inputs["format"] === undefined || inputs["format"] === "" ? valuePins(inputs) : []),
    run: (inputs) => {
      const job = readJob(inputs);
      if (job.format === "") {
        return [
          { pin: "output", value: inputs["value"] ?? null },
          { pin: "name", value: readText(inputs, "name") },
        ];
      }
      try {
        return [{ pin: "output", value: render(job) }];
      } catch (error) {
        return [shownFailure(inputs, error)];
      }
    },
    fitsInline: (inputs) => rendersInline(readText(inputs, "format", "")),
    runRemote: async (inputs, { signal }) => {
      const job = readJob(inputs);
      try {
        return [{ pin: "output", value: await renderAside(job, signal) }];
      } catch (error) {
        return [shownFailure(inputs, error)];
      }
    },
  };
}

function readJob(inputs: Inputs): TemplateJob {
  return {
    format: readText(inputs, "format", ""),
    values: { [readText(inputs, "name")]: inputs["value"] ?? null },
    escapeHtml: readBoolean(inputs, "escape_html", false),
  };
}

function shownFailure(inputs: Inputs, error: unknown): Emission {
  if (!isBlockFailure(error)) throw error;
  return { pin: "output", value: `Error: ${error.message}, ${print(inputs["value"] ?? null)}` };
}

const executorBlock: ChildBlock = { definition: agentExecutor };

export function agentBlocks(renderAside: RenderAside): readonly Block[] {
  return [...inputBlocks, outputBlock(renderAside), executorBlock];
}
