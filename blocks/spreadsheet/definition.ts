import { boolean, define, emitted, integer, list, listOf, nullable, object, optional, pins, text } from "../pins";

export const readSpreadsheet = define({
  id: "acf7625e-d2cb-4941-bfeb-2819fc6fc015",
  name: "ReadSpreadsheet",
  description: "Reads CSV text or a file (CSV or xlsx) into rows; all values are texts.",
  placement: "remote",
  inputSchema: pins({
    contents: optional(nullable(text), null, "CSV text."),
    file_input: optional(nullable(text), null, "A file: a URL, a data URI or a reference; it wins over `contents`."),
    delimiter: optional(text, ",", "What stands between two values."),
    quotechar: optional(text, '"', "What quotes a value."),
    escapechar: optional(text, "\\", "What takes the meaning from the character behind it."),
    has_header: optional(boolean, true, "Whether the first row names the columns; else they are 0, 1, 2 …"),
    skip_rows: optional(integer, 0, "How many rows to leave out, behind the header."),
    strip: optional(boolean, true, "Whether to cut white space off the values."),
    skip_columns: optional(list, [], "Names or numbers (from 0) of columns to leave out."),
    produce_singular_result: optional(boolean, false, "Whether to emit each row, not all at once."),
  }),
  outputSchema: pins({
    row: emitted(object, "Each row, with produce_singular_result."),
    rows: emitted(listOf(object), "All rows, without it."),
  }),
});
