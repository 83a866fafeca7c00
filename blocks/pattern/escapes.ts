import { patternError } from "./syntax";
import type { ClassItem } from "./syntax";
import type { Source } from "./source";

const controls = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
]);

const sets = new Map<string, "digit" | "word" | "space">([
  ["d", "digit"],
  ["w", "word"],
  ["s", "space"],
]);

/** `\d`, `\W` …, as it stands after its backslash. */
export function setNamed(letter: string, ascii: boolean): ClassItem | undefined {
  const set = sets.get(letter.toLowerCase());
  return set && { kind: "set", set, negated: letter !== letter.toLowerCase(), ascii };
}

/**
 * The character that an escape stands for, the source being after its backslash and `letter`. Escapes with a meaning of
 * their own and those of digits have been looked at before. Throws for a letter that Python does not know.
 */
export function escapedCharacter(source: Source, letter: string): number {
  const control = controls.get(letter);
  if (control !== undefined) return control;
  const digits = { x: 2, u: 4, U: 8 }[letter];
  if (digits !== undefined) {
    const hex = source.takeMatch(new RegExp(`[\\da-fA-F]{${digits}}`, "y"));
    if (hex === undefined) throw patternError(`\\${letter} needs ${digits} digits`);
    const code = Number.parseInt(hex, 16);
    if (code > 0x10ffff) throw patternError(`there is no character \\${letter}${hex}`);
    return code;
  }
  if (letter === "N") throw patternError("names of characters (\\N{…}) are not known here");
  if (/[a-zA-Z]/.test(letter)) throw patternError(`there is no escape \\${letter}`);
  return letter.codePointAt(0) ?? 0;
}

/** The character of `\0`, `\07`, `\101` …, or nothing if it is no octal escape. The source is before its first digit. */
export function octalCharacter(source: Source, within: "class" | "pattern"): number | undefined {
  const digits = source.takeMatch(within === "class" ? /[0-7]{1,3}/y : /0[0-7]{0,2}|[1-7][0-7]{2}/y);
  if (digits === undefined) return undefined;
  const code = Number.parseInt(digits, 8);
  if (code > 0o377) throw patternError(`there is no character \\${digits}`);
  return code;
}
