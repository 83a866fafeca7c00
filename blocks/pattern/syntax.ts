import { BlockFailure } from "../block";

/** A pattern of Python's `re` in parts that say the same whatever the engine: flags but `i` are worked in. */
export type Token =
  | { readonly kind: "character"; readonly code: number }
  | { readonly kind: "any"; readonly lineBreaks: boolean }
  | { readonly kind: "class"; readonly negated: boolean; readonly items: readonly ClassItem[] }
  | { readonly kind: "textStart" | "lineStart" | "textEnd" | "lineEnd" | "lastLineEnd" | "or" }
  | { readonly kind: "close" }
  | { readonly kind: "boundary"; readonly negated: boolean; readonly ascii: boolean }
  | { readonly kind: "open"; readonly group: Group }
  | { readonly kind: "capture"; readonly index: number }
  | { readonly kind: "repeat"; readonly min: number; readonly max: number; readonly mode: Mode }
  | { readonly kind: "reference"; readonly index: number };

/** `\d`, `\w`, `\s` or, negated, `\D`, `\W`, `\S`. */
export type SetItem = {
  readonly kind: "set";
  readonly set: "digit" | "word" | "space";
  readonly negated: boolean;
  readonly ascii: boolean;
};

export type ClassItem = { readonly kind: "range"; readonly from: number; readonly to: number } | SetItem;

/** `fold` and `noFold` are `(?i:` and `(?-i:`. */
export type Group = "plain" | "ahead" | "notAhead" | "behind" | "notBehind" | "atomic" | "fold" | "noFold";
type Mode = "greedy" | "lazy" | "possessive";

export type Pattern = {
  readonly tokens: readonly Token[];
  readonly groups: number;
  /** Whether case counts nowhere but in `noFold`. */
  readonly fold: boolean;
};

export type Flags = {
  readonly fold: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
};

export function patternError(message: string): BlockFailure {
  return new BlockFailure("pattern_error", `the pattern cannot run: ${message}`);
}
