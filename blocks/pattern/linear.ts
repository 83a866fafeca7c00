import { RE2JS } from "re2js";
import { quantifier } from "./quantifier";
import { rangesOf } from "./sets";
import type { ClassItem, Group, Pattern, Token } from "./syntax";

/** What a text is like, where that decides whether RE2 finds in it what Python finds. */
export type TextTraits = { readonly ascii: boolean; readonly endsInLineBreak: boolean };

export function traitsOf(text: string): TextTraits {
  return { ascii: !/[^\0-\x7f]/.test(text), endsInLineBreak: text.endsWith("\n") };
}

/**
 * The pattern for RE2, which takes time in proportion to the text. `undefined` where RE2 lacks something: look-ahead,
 * references, possessive repeats, atomic groups and counts over 1,000; on a text with more than ASCII, word boundaries and
 * `\W` within a class; on a text that ends in a line break, `$` before it.
 */
export function compileLinear(pattern: Pattern, traits: TextTraits): RE2JS | undefined {
  const parts = pattern.tokens.map((token) => print(token, traits));
  if (parts.includes(undefined)) return undefined;
  try {
    return RE2JS.compile(parts.join(""), RE2JS.LOOKBEHINDS | (pattern.fold ? RE2JS.CASE_INSENSITIVE : 0));
  } catch {
    return undefined; // counts and sizes over RE2's bounds
  }
}

function print(token: Token, traits: TextTraits): string | undefined {
  switch (token.kind) {
    case "character":
      return code(token.code);
    case "any":
      return token.lineBreaks ? "(?s:.)" : "[^\\n]";
    case "class":
      return printClass(token.items, token.negated, traits);
    case "textStart":
      return "\\A";
    case "lineStart":
      return "(?m:^)";
    case "textEnd":
      return "\\z";
    case "lineEnd":
      return "(?m:$)";
    case "lastLineEnd":
      return traits.endsInLineBreak ? undefined : "\\z";
    case "boundary":
      return traits.ascii || token.ascii ? (token.negated ? "\\B" : "\\b") : undefined;
    case "or":
      return "|";
    case "open":
      return openers[token.group];
    case "capture":
      return "(";
    case "close":
      return ")";
    case "repeat":
      return token.mode === "possessive" ? undefined : quantifier(token);
    case "reference":
      return undefined;
  }
}

const openers: { readonly [group in Group]: string | undefined } = {
  plain: "(?:",
  fold: "(?i:",
  noFold: "(?-i:",
  behind: "(?<=",
  notBehind: "(?<!",
  ahead: undefined,
  notAhead: undefined,
  atomic: undefined,
};

function printClass(items: readonly ClassItem[], negated: boolean, traits: TextTraits): string | undefined {
  const parts = items.map((item) => printItem(item, traits));
  return parts.includes(undefined) ? undefined : `[${negated ? "^" : ""}${parts.join("")}]`;
}

function printItem(item: ClassItem, traits: TextTraits): string | undefined {
  if (item.kind === "range") return `${code(item.from)}-${code(item.to)}`;
  const ranges = rangesOf(item, traits.ascii);
  if (ranges) return ranges.map(([from, to]) => `${code(from)}-${code(to)}`).join("");
  if (item.set === "word") return item.negated ? undefined : "\\p{L}\\p{N}_";
  return item.negated ? "\\P{Nd}" : "\\p{Nd}";
}

function code(character: number): string {
  return `\\x{${character.toString(16)}}`;
}
