import { join } from "node:path";
import type { JsonObject } from "../../graph/json";
import { BlockFailure } from "../block";
import type { Block, BlockContext, Inputs, RemoteBlock } from "../block";
import type { OpenFile } from "../files/open";
import { invalid, readBoolean, readInteger, readList, readText } from "../inputs";
import { createThreads } from "../threads/pool";
import type { RunAside } from "../threads/pool";
import * as definitions from "./definition";
import type { SpreadsheetJob } from "./read";

type ReadAside = RunAside<SpreadsheetJob, JsonObject[]>;

function readSpreadsheet(readAside: ReadAside, openFile: OpenFile): RemoteBlock {
  return {
    definition: definitions.readSpreadsheet,
    run: async (inputs, context) => {
      const rows = await readAside(readJob(inputs, await readContent(inputs, openFile, context)), context.signal);
      if (readBoolean(inputs, "produce_singular_result", false)) return rows.map((value) => ({ pin: "row", value }));
      return [{ pin: "rows", value: rows }];
    },
  };
}

function readJob(inputs: Inputs, content: SpreadsheetJob["content"]): SpreadsheetJob {
  return {
    content,
    delimiter: readCharacter(inputs, "delimiter", ","),
    quote: readCharacter(inputs, "quotechar", '"'),
    escape: readCharacter(inputs, "escapechar", "\\"),
    hasHeader: readBoolean(inputs, "has_header", true),
    skipRows: Math.max(0, readInteger(inputs, "skip_rows", 0)),
    strip: readBoolean(inputs, "strip", true),
    skipColumns: readList(inputs, "skip_columns", []).map(String),
  };
}

async function readContent(
  inputs: Inputs,
  openFile: OpenFile,
  context: BlockContext,
): Promise<SpreadsheetJob["content"]> {
  const file = readText(inputs, "file_input", null);
  if (file !== null) return (await openFile(file, "file_input", context)).bytes;
  const contents = readText(inputs, "contents", null);
  if (contents === null) throw invalid("neither contents nor file_input is given");
  return contents;
}

function readCharacter(inputs: Inputs, pin: string, fallback: string): string {
  const character = readText(inputs, pin, fallback);
  if ([...character].length !== 1) throw invalid(`${pin} must be one character`);
  return character;
}

/** A small xlsx file can unpack to a large one. */
const heapMb = 256;

export function spreadsheetBlocks(openFile: OpenFile): readonly Block[] {
  const overrun = (limit: string) => new BlockFailure("file_unreadable", `reading the file took over ${limit}`);
  return [
    readSpreadsheet(createThreads({ entry: join(__dirname, "thread"), limitMs: 30_000, heapMb, overrun }), openFile),
  ];
}
