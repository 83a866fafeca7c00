import type { SetItem } from "./syntax";

type Range = readonly [from: number, to: number];

/** `\d`, `\w` and `\s` in ASCII, and the white space of all characters, as Python has them. */
const ascii: { readonly [set in SetItem["set"]]: readonly Range[] } = {
  digit: [[0x30, 0x39]],
  word: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
};

const space: readonly Range[] = [
  [0x09, 0x0d],
  [0x1c, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

const last = 0x10ffff;

/**
 * A set as ranges. `undefined` for digits and word characters of all scripts, unless the text that is searched is ASCII:
 * those are too many, and engines have properties for them.
 */
export function rangesOf(item: SetItem, textIsAscii: boolean): readonly Range[] | undefined {
  const ranges = item.set === "space" && !item.ascii ? space : ascii[item.set];
  if (item.set !== "space" && !item.ascii && !textIsAscii) return undefined;
  return item.negated ? complement(ranges) : ranges;
}

function complement(ranges: readonly Range[]): readonly Range[] {
  const starts = [0, ...ranges.map(([, to]) => to + 1)];
  const ends = [...ranges.map(([from]) => from - 1), last];
  return starts.map((start, i): Range => [start, ends[i] ?? last]);
}
