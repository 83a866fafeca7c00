import type { BlockCatalog, BlockDefinition } from "../graph/block";
import { agentExecutor, agentFileInput, agentInputs, agentOutput } from "./agent/definition";
import * as arithmetic from "./arithmetic/definition";
import * as basic from "./basic/definition";
import { getCurrentDate, getCurrentDateAndTime, getCurrentTime } from "./clock/definition";
import { executeCode } from "./code/definition";
import { codeExtraction } from "./code-extraction/definition";
import * as dictionaries from "./dictionaries/definition";
import * as escapes from "./escapes/definition";
import * as files from "./files/definition";
import * as flow from "./flow/definition";
import * as lists from "./lists/definition";
import * as llm from "./llm/definition";
import * as manyLists from "./many-lists/definition";
import { persistInformation, retrieveInformation } from "./memory/definition";
import * as pattern from "./pattern/definition";
import * as review from "./review/definition";
import { dataSampling } from "./sampling/definition";
import { readSpreadsheet } from "./spreadsheet/definition";
import { sqlQuery } from "./sql/definition";
import * as text from "./text/definition";
import * as timer from "./timer/definition";
import { getWikipediaSummary, readRssFeed, sendAuthenticatedWebRequest, sendWebRequest } from "./web/definition";
import { genericWebhookTrigger } from "./webhook/definition";
import { xmlParser } from "./xml/definition";

const definitions: readonly BlockDefinition[] = [
  ...Object.values(agentInputs),
  agentFileInput,
  ...Object.values(files),
  agentOutput,
  agentExecutor,
  ...Object.values(basic),
  ...Object.values(flow),
  ...Object.values(arithmetic),
  ...Object.values(review),
  ...Object.values(text),
  ...Object.values(pattern),
  ...Object.values(escapes),
  codeExtraction,
  ...Object.values(dictionaries),
  ...Object.values(lists),
  ...Object.values(manyLists),
  ...Object.values(timer),
  ...[getCurrentTime, getCurrentDate, getCurrentDateAndTime],
  ...[persistInformation, retrieveInformation],
  ...[llm.textGenerator, llm.structuredResponseGenerator, llm.textSummarizer, llm.conversation],
  ...[llm.listGenerator, llm.condition, llm.orchestrator],
  executeCode,
  ...[sqlQuery, dataSampling, readSpreadsheet],
  ...[sendWebRequest, sendAuthenticatedWebRequest, getWikipediaSummary, readRssFeed],
  xmlParser,
  genericWebhookTrigger,
];

/** Treeline's own blocks as data, by id. What a process runs, blocks of plug-ins included, is `catalogOf` its registry. */
export const catalog: BlockCatalog = new Map(definitions.map((definition) => [definition.id, definition]));
