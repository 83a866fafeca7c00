import { BlockFailure } from "../block";
import type { InlineBlock } from "../block";
import { readText } from "../inputs";
import { xmlParser } from "./definition";
import { parseXml } from "./parse";

const maxBytes = 10 * 1024 * 1024;

const parser: InlineBlock = {
  definition: xmlParser,
  run: (inputs) => {
    const xml = readText(inputs, "input_xml");
    if (Buffer.byteLength(xml) > maxBytes) throw new BlockFailure("invalid_input", "input_xml is over 10 MB");
    return [{ pin: "parsed_xml", value: parseXml(xml) }];
  },
};

export const xmlBlocks: readonly InlineBlock[] = [parser];
