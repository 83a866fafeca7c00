import type { Emission } from "../../graph/definition";
import type { Json } from "../../graph/json";
import type { Block, InlineBlock, Inputs } from "../block";
import { readAny, readBoolean, readInteger, readText } from "../inputs";
import { dump, firstCodePoints } from "../texts";
import { isTruthy } from "../truth";
import { createCompiler } from "./compile";
import type { Compile } from "./compile";
import { extractTextInformation, matchTextPattern } from "./definition";
import { search, searchesInline } from "./search";
import type { SearchJob } from "./search";
import type { SearchAside } from "./threads";

type Kind = {
  readonly definition: InlineBlock["definition"];
  readonly readJob: (inputs: Inputs) => SearchJob;
  readonly tell: (inputs: Inputs, found: readonly string[]) => Emission[];
};

/** One search: here if it is a short one, else in a thread. */
function searchBlock({ definition, readJob, tell }: Kind, compile: Compile, searchAside: SearchAside): InlineBlock {
  return {
    definition,
    run: (inputs) => tell(inputs, search(readJob(inputs), compile)),
    fitsInline: (inputs) => {
      try {
        return searchesInline(readJob(inputs), compile);
      } catch {
        return true; // it fails at once
      }
    },
    runRemote: async (inputs, { signal }) => tell(inputs, await searchAside(readJob(inputs), signal)),
  };
}

function textOf(text: Json): string {
  return typeof text === "string" ? text : dump(text);
}

function readFlags(inputs: Inputs): Pick<SearchJob, "fold" | "dotAll"> {
  return { fold: !readBoolean(inputs, "case_sensitive", true), dotAll: readBoolean(inputs, "dot_all", true) };
}

const match: Kind = {
  definition: matchTextPattern,
  readJob: (inputs) => ({
    text: textOf(readAny(inputs, "text")),
    pattern: readText(inputs, "match"),
    ...readFlags(inputs),
    group: 0,
    limit: 1,
  }),
  tell: (inputs, found) => {
    const data = inputs["data"] ?? null;
    const value = isTruthy(data) ? data : readAny(inputs, "text");
    return [{ pin: found.length > 0 ? "positive" : "negative", value }];
  },
};

const longestText = 1_000_000;
const mostMatches = 1000;
const longestMatch = 10_000;

const extract: Kind = {
  definition: extractTextInformation,
  readJob: (inputs) => ({
    text: firstCodePoints(textOf(readAny(inputs, "text")), longestText),
    pattern: readText(inputs, "pattern"),
    ...readFlags(inputs),
    group: readInteger(inputs, "group", 0),
    limit: readBoolean(inputs, "find_all", false) ? mostMatches : 1,
  }),
  tell: (inputs, found) => {
    const texts = found.map((text) => firstCodePoints(text, longestMatch));
    const branch =
      texts.length > 0
        ? texts.map((text) => ({ pin: "positive", value: text }))
        : [{ pin: "negative", value: readAny(inputs, "text") }];
    return [...branch, { pin: "matched_results", value: texts }, { pin: "matched_count", value: texts.length }];
  },
};

export function patternBlocks(searchAside: SearchAside): readonly Block[] {
  const compile = createCompiler();
  return [searchBlock(match, compile, searchAside), searchBlock(extract, compile, searchAside)];
}
