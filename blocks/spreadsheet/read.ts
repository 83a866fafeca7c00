import { readSheet } from "read-excel-file/node";
import type { JsonObject } from "../../graph/json";
import { BlockFailure } from "../block";
import { parseCsv } from "./csv";
import type { Dialect } from "./csv";

export type SpreadsheetJob = Dialect & {
  readonly content: string | Uint8Array;
  readonly hasHeader: boolean;
  readonly skipRows: number;
  readonly strip: boolean;
  readonly skipColumns: readonly string[];
};

/** Throws `BlockFailure` `file_unreadable`. */
export async function readSpreadsheet(job: SpreadsheetJob): Promise<JsonObject[]> {
  const all = typeof job.content === "string" ? parseCsv(job.content, job) : await readFile(job.content, job);
  const clean = (value: string) => (job.strip ? value.trim() : value);
  const header = job.hasHeader ? (all[0] ?? []).map(clean) : [];
  const rows = all.slice((job.hasHeader ? 1 : 0) + job.skipRows);
  const name = (column: number) => header[column] ?? String(column);
  const isLeftOut = (column: number) =>
    job.skipColumns.includes(String(column)) || job.skipColumns.includes(name(column));
  return rows.map((row) =>
    Object.fromEntries(row.flatMap((value, column) => (isLeftOut(column) ? [] : [[name(column), clean(value)]]))),
  );
}

/** xlsx files are zip files; all others are taken for CSV. */
async function readFile(bytes: Uint8Array, job: SpreadsheetJob): Promise<string[][]> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return parseCsv(new TextDecoder().decode(bytes), job);
  try {
    const sheet = await readSheet(Buffer.from(bytes));
    return sheet.map((row) => row.map(textOf));
  } catch {
    throw new BlockFailure("file_unreadable", "the file is no xlsx file that can be read");
  }
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return cell instanceof Date ? cell.toISOString() : String(cell as string | number | boolean);
}
