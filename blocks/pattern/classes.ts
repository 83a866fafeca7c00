import { escapedCharacter, octalCharacter, setNamed } from "./escapes";
import { patternError } from "./syntax";
import type { ClassItem } from "./syntax";
import type { Source } from "./source";

/** A class, the source being after its `[`. */
export function parseClass(source: Source, ascii: boolean): { negated: boolean; items: ClassItem[] } {
  const negated = source.takeIf("^");
  const items: ClassItem[] = [];
  while (items.length === 0 || !source.takeIf("]")) {
    const first = takeItem(source, ascii);
    if (source.takeMatch(/-(?!\])/y) === undefined) items.push(first);
    else items.push(rangeOf(first, takeItem(source, ascii)));
  }
  return { negated, items };
}

function takeItem(source: Source, ascii: boolean): ClassItem {
  const character = source.take();
  if (character === "") throw patternError("a [ is not closed");
  if (character !== "\\") return single(character.codePointAt(0) ?? 0);
  const octal = octalCharacter(source, "class");
  if (octal !== undefined) return single(octal);
  const letter = source.take();
  if (letter === "") throw patternError("it ends with a lone backslash");
  if (letter === "b") return single(8);
  if (/\d/.test(letter)) throw patternError(`there is no escape \\${letter}`);
  return setNamed(letter, ascii) ?? single(escapedCharacter(source, letter));
}

function single(code: number): ClassItem {
  return { kind: "range", from: code, to: code };
}

function rangeOf(first: ClassItem, last: ClassItem): ClassItem {
  if (first.kind === "range" && last.kind === "range" && first.from <= last.to) {
    return { kind: "range", from: first.from, to: last.to };
  }
  throw patternError("a range in [] has no first or no last character");
}
