import { arithmeticBlocks } from "./arithmetic/run";
import { basicBlocks } from "./basic/run";
import type { InlineBlock } from "./block";
import { codeExtractionBlocks } from "./code-extraction/run";
import { dictionaryBlocks } from "./dictionaries/run";
import { escapeBlocks } from "./escapes/run";
import { flowBlocks } from "./flow/run";
import { listBlocks } from "./lists/run";
import { manyListBlocks } from "./many-lists/run";
import { textBlocks } from "./text/run";
import { webhookBlocks } from "./webhook/run";
import { xmlBlocks } from "./xml/run";

/** Functions of their inputs, fast for what runs inline; larger inputs run in threads (blocks/large/). */
export const pureBlocks: readonly InlineBlock[] = [
  ...basicBlocks,
  ...flowBlocks,
  ...arithmeticBlocks,
  ...textBlocks,
  ...escapeBlocks,
  ...codeExtractionBlocks,
  ...dictionaryBlocks,
  ...listBlocks,
  ...manyListBlocks,
  ...xmlBlocks,
  ...webhookBlocks,
];
