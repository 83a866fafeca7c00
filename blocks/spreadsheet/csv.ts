export type Dialect = { readonly delimiter: string; readonly quote: string; readonly escape: string };

/**
 * CSV as Python's `csv.reader` reads it, which knows a doubled quote and an escape character at once. A quote counts only at the
 * beginning of a value; what follows its end is taken as it is. Blank lines are left out.
 */
export function parseCsv(text: string, { delimiter, quote, escape }: Dialect): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let state: "start" | "plain" | "quoted" | "closed" = "start";
  const endValue = () => {
    row.push(value);
    value = "";
    state = "start";
  };
  const endRow = () => {
    const isBlank = row.length === 0 && state === "start";
    if (!isBlank) {
      endValue();
      rows.push(row);
    }
    row = [];
  };
  const characters = [...text];
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i] ?? "";
    const isBreak = character === "\n" || character === "\r";
    if (state === "quoted") {
      if (character === escape && i + 1 < characters.length) value += characters[(i += 1)] ?? "";
      else if (character === quote && characters[i + 1] === quote) value += characters[(i += 1)] ?? "";
      else if (character === quote) state = "closed";
      else value += character;
    } else if (isBreak) {
      if (character === "\r" && characters[i + 1] === "\n") i += 1;
      endRow();
    } else if (character === delimiter) endValue();
    else if (character === quote && state === "start") state = "quoted";
    else {
      value += character === escape && i + 1 < characters.length ? (characters[(i += 1)] ?? "") : character;
      state = "plain";
    }
  }
  endRow();
  return rows;
}
