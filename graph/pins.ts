/**
 * Dynamic pins address a part of a pin's value: `values_#_mark` is the key `mark` of `values`, `list_$_0` its first item.
 * `_#_` object key, `_@_` attribute (in JSON the same thing), `_$_` list index. They chain, parsed left to right. In the
 * `sourceName` of a link they select, in a `sinkName` or a key of the constants they build.
 */
export type PinStep = { readonly by: "key" | "attribute" | "index"; readonly token: string };
export type PinPath = { readonly base: string; readonly steps: readonly PinStep[] };

const delimiter = /_([$#@])_/;
const wholeNumber = /^\d+$/;

/** A list that a pin builds is padded up to its index, so there is a bound: no more items than a node may have constants. */
export const mostIndex = 999;

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

/** What is left of a selector behind the pin itself; `null`: it does not select from this pin. */
export function stepsAfter(pin: string, selector: string): readonly PinStep[] | null {
  if (selector === pin) return [];
  const rest = selector.startsWith(pin) ? parsePin(`x${selector.slice(pin.length)}`) : null;
  return rest?.base === "x" ? rest.steps : null;
}

/** Such a pin takes a reference to a credential; what it holds never leaves or enters with a file. */
export function isCredentialPin(pin: string): boolean {
  return /^(.+_)?credentials$/.test(pin);
}

/** What a block that calls tools emits one argument on. A link that leaves by `tools` takes those for its own sink pin. */
export const toolsPin = "tools";

export function toolPin(sinkId: string, sinkName: string): string {
  return `tools_^_${sinkId}_~_${sinkName}`;
}

/** The legacy form of `tools` names a tool and a field: `tools_^_search_~_query`. `null`: the name is none. */
export function parseToolPin(name: string): { readonly tool: string; readonly field: string } | null {
  const found = /^tools_\^_(.+?)_~_(.+)$/s.exec(name);
  return found && { tool: found[1] ?? "", field: found[2] ?? "" };
}
