/**
 * Dynamic pins address a part of a pin's value: `values_#_mark` is the key `mark` of `values`, `list_$_0` its first item.
 * `_#_` object key, `_@_` attribute (in JSON the same thing), `_$_` list index. They chain, parsed left to right.
 */
export type PinStep = { readonly by: "key" | "attribute" | "index"; readonly token: string };
export type PinPath = { readonly base: string; readonly steps: readonly PinStep[] };

const delimiter = /_([$#@])_/;
const wholeNumber = /^\d+$/;

/** A name without a delimiter is its own base. `null`: malformed (an empty token, or an index that is no whole number). */
export function parsePin(name: string): PinPath | null {
  const [base = "", ...rest] = name.split(delimiter); // base, mark, token, mark, token …
  const steps: PinStep[] = [];
  for (let i = 0; i < rest.length; i += 2) {
    const by = rest[i] === "#" ? "key" : rest[i] === "@" ? "attribute" : "index";
    const token = rest[i + 1] ?? "";
    if (token === "" || (by === "index" && !wholeNumber.test(token))) return null;
    steps.push({ by, token });
  }
  return base === "" ? null : { base, steps };
}
