import { parseClass } from "./classes";
import { escapedCharacter, octalCharacter, setNamed } from "./escapes";
import { Source } from "./source";
import { patternError } from "./syntax";
import type { Flags, Group, Pattern, Token } from "./syntax";

type Open = { readonly flags: Flags; readonly index?: number };

/**
 * A pattern in the dialect of Python's `re`. Throws `BlockFailure` `pattern_error` for what Python would refuse, and for
 * conditional groups and names of characters, which no engine here can run.
 */
export function parsePattern(text: string, given: { readonly fold: boolean; readonly dotAll: boolean }): Pattern {
  return new Parser(text, { ...given, multiline: false, verbose: false, ascii: false }).parse();
}

class Parser {
  readonly #source: Source;
  readonly #tokens: Token[] = [];
  readonly #open: Open[] = [];
  readonly #names = new Map<string, number>();
  #groups = 0;
  #flags: Flags;
  /** Whether a repeat may follow. */
  #repeatable = false;

  constructor(text: string, flags: Flags) {
    this.#source = new Source(text);
    this.#flags = flags;
  }

  parse(): Pattern {
    while (this.#takeFlagsOfAll());
    const { fold } = this.#flags;
    while (!this.#source.done) this.#step();
    if (this.#open.length > 0) throw patternError("a group is not closed");
    return { tokens: this.#tokens, groups: this.#groups, fold };
  }

  #step(): void {
    const source = this.#source;
    if (this.#flags.verbose && source.takeMatch(ignored) !== undefined) return;
    const repeat = source.takeMatch(/[*+?]|\{(?!\})\d*,?\d*\}/y);
    if (repeat !== undefined) return this.#repeat(repeat);
    const character = source.take();
    switch (character) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#atom({ kind: "class", ...parseClass(source, this.#flags.ascii) });
      case ".":
        return this.#atom({ kind: "any", lineBreaks: this.#flags.dotAll });
      case "^":
        return this.#place({ kind: this.#flags.multiline ? "lineStart" : "textStart" });
      case "$":
        return this.#place({ kind: this.#flags.multiline ? "lineEnd" : "lastLineEnd" });
      case "|":
        return this.#place({ kind: "or" });
      case "(":
        return this.#group();
      case ")":
        return this.#close();
      default:
        return this.#atom({ kind: "character", code: character.codePointAt(0) ?? 0 });
    }
  }

  #atom(token: Token): void {
    this.#tokens.push(token);
    this.#repeatable = true;
  }

  #place(token: Token): void {
    this.#tokens.push(token);
    this.#repeatable = false;
  }

  #repeat(sign: string): void {
    const [min = 0, max = Infinity] = bounds(sign);
    if (!this.#repeatable) throw patternError(`there is nothing to repeat before ${sign}`);
    if (min > max) throw patternError(`${sign} has a minimum over its maximum`);
    const mode = this.#source.takeIf("?") ? "lazy" : this.#source.takeIf("+") ? "possessive" : "greedy";
    this.#place({ kind: "repeat", min, max, mode });
  }

  #escape(): void {
    const source = this.#source;
    const octal = octalCharacter(source, "pattern");
    if (octal !== undefined) return this.#atom({ kind: "character", code: octal });
    const number = source.takeMatch(/[1-9]\d?/y);
    if (number !== undefined) return this.#reference(Number(number));
    const letter = source.take();
    const { ascii } = this.#flags;
    switch (letter) {
      case "":
        throw patternError("it ends with a lone backslash");
      case "A":
        return this.#place({ kind: "textStart" });
      case "Z":
        return this.#place({ kind: "textEnd" });
      case "b":
      case "B":
        return this.#place({ kind: "boundary", negated: letter === "B", ascii });
    }
    const item = setNamed(letter, ascii);
    if (item) return this.#atom({ kind: "class", negated: false, items: [item] });
    this.#atom({ kind: "character", code: escapedCharacter(source, letter) });
  }

  #reference(index: number): void {
    const isOpen = this.#open.some((group) => group.index === index);
    if (index > this.#groups || isOpen) throw patternError(`group ${index} cannot be referred to`);
    this.#atom({ kind: "reference", index });
  }

  #group(): void {
    const source = this.#source;
    if (!source.takeIf("?")) return this.#capture();
    if (source.takeIf("P")) return this.#named();
    if (source.takeIf("#")) return void this.#until(/[^)]*\)/y, "a comment is not closed");
    if (source.takeIf("(")) throw patternError("conditional groups, (?(…)…), are not known here");
    for (const [sign, group] of groups) if (source.takeIf(sign)) return this.#enter(group, this.#flags);
    const changes = source.takeMatch(/[aiLmsux]*(?:-[imsx]+)?:/y);
    if (changes === undefined) {
      const isFlags = source.takeMatch(/[aiLmsux]+\)/y) !== undefined;
      throw patternError(isFlags ? "flags of the whole pattern must stand at its start" : "there is no such group (?…");
    }
    const flags = changed(this.#flags, changes.slice(0, -1));
    this.#enter(flags.fold === this.#flags.fold ? "plain" : flags.fold ? "fold" : "noFold", flags);
  }

  #enter(group: Group, flags: Flags): void {
    this.#place({ kind: "open", group });
    this.#open.push({ flags: this.#flags });
    this.#flags = flags;
  }

  #capture(name?: string): void {
    this.#groups += 1;
    if (name !== undefined) {
      if (this.#names.has(name)) throw patternError(`there are two groups ${name}`);
      this.#names.set(name, this.#groups);
    }
    this.#place({ kind: "capture", index: this.#groups });
    this.#open.push({ flags: this.#flags, index: this.#groups });
  }

  #named(): void {
    if (this.#source.takeIf("<")) return this.#capture(nameIn(this.#until(/[^>]*>/y, "a name is not closed")));
    if (!this.#source.takeIf("=")) throw patternError("there is no such group (?P…");
    const name = nameIn(this.#until(/[^)]*\)/y, "a name is not closed"));
    const index = this.#names.get(name);
    if (index === undefined) throw patternError(`there is no group ${name}`);
    this.#reference(index);
  }

  #until(sticky: RegExp, otherwise: string): string {
    const found = this.#source.takeMatch(sticky);
    if (found === undefined) throw patternError(otherwise);
    return found;
  }

  #close(): void {
    const group = this.#open.pop();
    if (!group) throw patternError("a ) closes nothing");
    this.#flags = group.flags;
    this.#tokens.push({ kind: "close" });
    this.#repeatable = true;
  }

  /** `(?i)` and its like: they count for the whole pattern, and stand only at its start. */
  #takeFlagsOfAll(): boolean {
    const found = this.#source.takeMatch(/\(\?[aiLmsux]+\)/y);
    if (found !== undefined) this.#flags = changed(this.#flags, found.slice(2, -1));
    return found !== undefined;
  }
}

/** What a verbose pattern may hold between its parts: white space and comments. */
const ignored = /(?:[ \t-\r]|#[^\n]*)+/y;

const groups: readonly [sign: string, group: Group][] = [
  [":", "plain"],
  ["=", "ahead"],
  ["!", "notAhead"],
  ["<=", "behind"],
  ["<!", "notBehind"],
  [">", "atomic"],
];

function bounds(sign: string): [min?: number, max?: number] {
  if (sign === "?") return [0, 1];
  if (sign === "*" || sign === "+") return [sign === "+" ? 1 : 0];
  const [min = "", max] = sign.slice(1, -1).split(",");
  return [Number(min), max === undefined ? Number(min) : max === "" ? Infinity : Number(max)];
}

function changed(flags: Flags, letters: string): Flags {
  const [on = "", off = ""] = letters.split("-");
  if (on.includes("L")) throw patternError("the flag L is for bytes");
  const after = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter);
  return {
    fold: after("i", flags.fold),
    dotAll: after("s", flags.dotAll),
    multiline: after("m", flags.multiline),
    verbose: after("x", flags.verbose),
    ascii: after("a", flags.ascii) && !on.includes("u"),
  };
}

function nameIn(text: string): string {
  const name = text.slice(0, -1);
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw patternError(`"${name}" is no name of a group`);
  return name;
}
