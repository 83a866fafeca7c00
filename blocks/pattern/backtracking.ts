import { quantifier } from "./quantifier";
import { rangesOf } from "./sets";
import { patternError } from "./syntax";
import type { ClassItem, Group, Pattern, Token } from "./syntax";

/**
 * The pattern for JavaScript's own engine, which can do what RE2 cannot and may take for ever: only for a thread with a time
 * limit. Captures are groups named `g1`, `g2` …. Throws `BlockFailure` `pattern_error` for what it cannot do either.
 */
export function compileBacktracking(pattern: Pattern): RegExp {
  const printer = new Printer();
  for (const token of pattern.tokens) printer.add(token);
  try {
    return new RegExp(printer.text, pattern.fold ? "gisv" : "gsv");
  } catch {
    throw patternError("no engine here can compile it");
  }
}

type OpenGroup = { readonly start: number; readonly end: string };

class Printer {
  readonly #parts: string[] = [];
  readonly #open: OpenGroup[] = [];
  /** Where the part begins that a repeat is for. */
  #start = 0;
  #helpers = 0;

  get text(): string {
    return this.#parts.join("");
  }

  add(token: Token): void {
    if (token.kind === "repeat") return this.#repeat(token);
    if (token.kind === "close") return this.#close();
    this.#start = this.#parts.length;
    if (token.kind === "capture") return this.#enter(`(?<g${token.index}>`, ")");
    if (token.kind !== "open") return void this.#parts.push(print(token));
    if (token.group === "plain") return this.#enter("(?:", ")");
    if (token.group !== "atomic") return this.#enter(lookaround(token.group), "))");
    const name = this.#helper();
    this.#enter(`(?:(?=(?<${name}>`, `))\\k<${name}>)`);
  }

  #enter(opener: string, end: string): void {
    this.#open.push({ start: this.#start, end });
    this.#parts.push(opener);
  }

  #close(): void {
    const group = this.#open.pop();
    this.#start = group?.start ?? 0;
    this.#parts.push(group?.end ?? "");
  }

  #repeat(token: Extract<Token, { kind: "repeat" }>): void {
    if (token.mode !== "possessive") return void this.#parts.push(quantifier(token));
    const name = this.#helper();
    const repeated = this.#parts.splice(this.#start).join("") + quantifier(token);
    this.#parts.push(`(?:(?=(?<${name}>${repeated}))\\k<${name}>)`);
  }

  /** What a look-ahead has found is not tried again: so a reference to it is atomic. */
  #helper(): string {
    this.#helpers += 1;
    return `h${this.#helpers}`;
  }
}

function print(token: Exclude<Token, { kind: "repeat" | "close" | "open" | "capture" }>): string {
  switch (token.kind) {
    case "character":
      return code(token.code);
    case "any":
      return token.lineBreaks ? "." : "[^\\n]";
    case "class":
      return `[${token.negated ? "^" : ""}${token.items.map(printItem).join("")}]`;
    case "textStart":
      return "(?<!.)";
    case "lineStart":
      return "(?<![^\\n])";
    case "textEnd":
      return "(?!.)";
    case "lineEnd":
      return "(?![^\\n])";
    case "lastLineEnd":
      return "(?=\\n?(?!.))";
    case "boundary":
      return boundary(token.ascii ? "[0-9A-Za-z_]" : word, token.negated);
    case "or":
      return "|";
    case "reference":
      return `\\k<g${token.index}>`;
  }
}

/** Within a group, as Python lets it be repeated. */
function lookaround(group: Exclude<Group, "atomic" | "plain">): string {
  switch (group) {
    case "ahead":
      return "(?:(?=";
    case "notAhead":
      return "(?:(?!";
    case "behind":
      return "(?:(?<=";
    case "notBehind":
      return "(?:(?<!";
    case "fold":
    case "noFold":
      throw patternError("(?i:…) cannot be used together with what RE2 lacks (look-ahead, references …)");
  }
}

const word = "[\\p{L}\\p{N}_]";

function boundary(one: string, negated: boolean): string {
  return negated
    ? `(?:(?<=${one})(?=${one})|(?<!${one})(?!${one}))`
    : `(?:(?<=${one})(?!${one})|(?<!${one})(?=${one}))`;
}

function printItem(item: ClassItem): string {
  if (item.kind === "range") return `${code(item.from)}-${code(item.to)}`;
  const ranges = rangesOf(item, false);
  if (ranges) return ranges.map(([from, to]) => `${code(from)}-${code(to)}`).join("");
  return `[${item.negated ? "^" : ""}${item.set === "word" ? "\\p{L}\\p{N}_" : "\\p{Nd}"}]`;
}

function code(character: number): string {
  return `\\u{${character.toString(16)}}`;
}
