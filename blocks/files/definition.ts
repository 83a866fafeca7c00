import { boolean, define, emitted, integer, optional, pins, required, text } from "../pins";

const file = "A URL, a data URI, or a reference to a stored file";

export const fileStore = define({
  id: "cbb50872-625b-42f0-8203-a2ae78242d8a",
  name: "FileStore",
  description: "Stores a file, which stays as long as the execution does, and emits a reference to it.",
  placement: "remote",
  staticOutput: true,
  inputSchema: pins({
    file_in: required(text, `${file}.`),
    base_64: optional(boolean, false, "Whether to emit a data URI instead of the reference."),
  }),
  outputSchema: pins({ file_out: emitted(text, "The reference, or the data URI.") }),
});

export const fileRead = define({
  id: "3735a31f-7e18-4aca-9e90-08a7120674bc",
  name: "FileRead",
  description: "Reads a file as a text, or as the rows of one, whole or in chunks.",
  placement: "remote",
  inputSchema: pins({
    file_input: required(text, `${file}.`),
    delimiter: optional(text, "", "What stands between two rows; empty: all of it is one row."),
    size_limit: optional(integer, 0, "Characters of a chunk; 0: there is one chunk."),
    row_limit: optional(integer, 0, "How many rows to read; 0: all."),
    skip_size: optional(integer, 0, "How many characters to leave out at the beginning."),
    skip_rows: optional(integer, 0, "How many rows to leave out, behind these."),
  }),
  outputSchema: pins({ content: emitted(text, "The text, or each of its chunks.") }),
});
