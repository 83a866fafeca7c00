import { BlockFailure } from "../block";
import { firstCodePoints } from "../texts";

export type ReadJob = {
  readonly bytes: Uint8Array;
  readonly delimiter: string;
  /** 0: no limit, as in `rowLimit`. */
  readonly sizeLimit: number;
  readonly rowLimit: number;
  readonly skipSize: number;
  readonly skipRows: number;
};

const mostChunks = 10_000;

/** Skips characters, then rows, takes rows, puts them together again and cuts that into chunks. Characters are code points. */
export function readFile(job: ReadJob): string[] {
  const text = decode(job.bytes);
  const rest = text.slice(firstCodePoints(text, job.skipSize).length);
  return chunksOf(rowsOf(rest, job), job.sizeLimit);
}

function rowsOf(text: string, { delimiter, rowLimit, skipRows }: ReadJob): string {
  const rows = delimiter === "" ? [text] : text.split(delimiter);
  return rows.slice(skipRows, rowLimit === 0 ? undefined : skipRows + rowLimit).join(delimiter);
}

function chunksOf(text: string, size: number): string[] {
  if (size === 0 || text === "") return [text];
  const chunks: string[] = [];
  for (let at = 0; at < text.length;) {
    if (chunks.length === mostChunks)
      throw new BlockFailure(
        "file_unreadable",
        `the file has more than ${mostChunks} chunks: take a larger size_limit`,
      );
    // A slice of the text first: what is cut from a long text would be looked at as a whole.
    const chunk = firstCodePoints(text.slice(at, at + 2 * size), size);
    chunks.push(chunk);
    at += chunk.length;
  }
  return chunks;
}

/** UTF-8, or else Latin-1, which every byte is. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
