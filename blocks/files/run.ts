import { join } from "node:path";
import { fileUri } from "../../graph/file";
import { agentFileInput } from "../agent/definition";
import { BlockFailure } from "../block";
import type { Block, BlockContext, FileContent, Inputs, RemoteBlock } from "../block";
import { readBoolean, readInteger, readText } from "../inputs";
import { createThreads } from "../threads/pool";
import type { RunAside } from "../threads/pool";
import * as definitions from "./definition";
import type { OpenFile } from "./open";
import type { ReadJob } from "./read";

type ReadAside = RunAside<ReadJob, string[]>;

/** To fetch and to store a file again is no harm. */
const attempts = 3;

function fileStore(openFile: OpenFile): RemoteBlock {
  return {
    definition: definitions.fileStore,
    attempts,
    run: async (inputs, context) => {
      const content = await openFile(readText(inputs, "file_in"), "file_in", context);
      return [{ pin: "file_out", value: await store(content, inputs, context) }];
    },
  };
}

/** An input of a graph; an empty one is none. */
function fileInput(openFile: OpenFile): RemoteBlock {
  return {
    definition: agentFileInput,
    attempts,
    run: async (inputs, context) => {
      const file = readText(inputs, "value", "");
      if (file === "") return [];
      const content = await openFile(file, "value", context);
      return [{ pin: "result", value: await store(content, inputs, context) }];
    },
  };
}

async function store(content: FileContent, inputs: Inputs, { files }: BlockContext): Promise<string> {
  const uri = fileUri(await files.store(content));
  if (!readBoolean(inputs, "base_64", false)) return uri;
  return `data:${content.contentType};base64,${Buffer.from(content.bytes).toString("base64")}`;
}

function fileRead(openFile: OpenFile, readAside: ReadAside): RemoteBlock {
  return {
    definition: definitions.fileRead,
    attempts,
    run: async (inputs, context) => {
      const count = (pin: string) => Math.max(0, readInteger(inputs, pin, 0));
      const { bytes } = await openFile(readText(inputs, "file_input"), "file_input", context);
      const job = {
        bytes,
        delimiter: readText(inputs, "delimiter", ""),
        sizeLimit: count("size_limit"),
        rowLimit: count("row_limit"),
        skipSize: count("skip_size"),
        skipRows: count("skip_rows"),
      };
      const chunks = await readAside(job, context.signal);
      return chunks.map((value) => ({ pin: "content", value }));
    },
  };
}

/** A file of 100 MiB as text, and its rows. */
const heapMb = 512;

export function fileBlocks(openFile: OpenFile): readonly Block[] {
  const overrun = (limit: string) => new BlockFailure("file_unreadable", `reading the file took over ${limit}`);
  const readAside: ReadAside = createThreads({ entry: join(__dirname, "thread"), limitMs: 30_000, heapMb, overrun });
  return [fileStore(openFile), fileInput(openFile), fileRead(openFile, readAside)];
}
