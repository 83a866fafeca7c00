/** Columns as wide as their widest text, two spaces between them. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Names with their values beside them, each line indented; pairs without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | null])[]): string[] {
  const said = pairs.filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== "");
  const width = Math.max(0, ...said.map(([name]) => name.length));
  return said.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

/** "1 execution", "2 executions". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
