import type { InlineBlock } from "../block";
import { BlockFailure } from "../block";
import { readText } from "../inputs";
import { escapeCharacter } from "../texts";
import * as definitions from "./definition";

const textEncoder: InlineBlock = {
  definition: definitions.textEncoder,
  run: (inputs) => {
    const encoded = readText(inputs, "text").replace(/[^ -[\]-~]/gu, escapeCharacter);
    return [{ pin: "encoded_text", value: encoded }];
  },
};

const textDecoder: InlineBlock = {
  definition: definitions.textDecoder,
  run: (inputs) => [{ pin: "decoded_text", value: readText(inputs, "text").replace(escapes, decode) }],
};

/** The last two: any other character after a backslash, and a backslash at the end. */
const escapes = /\\(?:([0-7]{1,3})|(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})|([^])|$)/g;

const named = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\n", ""],
]);

/** Python keeps an escape that it does not know, with its backslash. */
function decode(escape: string, octal?: string, hex?: string, other?: string): string {
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  if (hex !== undefined) return character(escape, Number.parseInt(hex.slice(1), 16));
  if (other === undefined) throw malformed("the text ends with a lone backslash");
  if (other === "N") throw malformed("names of characters (\\N{…}) cannot be decoded here");
  if ("xuU".includes(other)) throw malformed(`\\${other} needs ${other === "x" ? 2 : other === "u" ? 4 : 8} digits`);
  return named.get(other) ?? escape;
}

function character(escape: string, code: number): string {
  if (code > 0x10ffff) throw malformed(`there is no character ${escape}`);
  return String.fromCodePoint(code);
}

function malformed(message: string): BlockFailure {
  return new BlockFailure("malformed_escape", message);
}

export const escapeBlocks: readonly InlineBlock[] = [textEncoder, textDecoder];
