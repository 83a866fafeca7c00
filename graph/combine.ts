import type { CompiledNode } from "./compile";
import { convert } from "./convert";
import { copyOf, own, setOwn } from "./json";
import type { Json, JsonObject } from "./json";
import { open } from "./large";
import { parsePin } from "./pins";
import type { PinStep } from "./pins";

/** A pin name that is folded into its base pin: `values_#_mark` is put at `mark` of `values`. */
export type FoldedPin = { readonly pin: string; readonly base: string; readonly steps: readonly PinStep[] };

/**
 * The dynamic ones among pins, short ones first, so that `a_#_b` is there before `a_#_b_#_c` is put into it. A name that is
 * itself a pin of the node, or malformed, stays as it is.
 */
export function foldedAmong(pins: Iterable<string>, declared: { readonly [pin: string]: unknown }): FoldedPin[] {
  const folded: FoldedPin[] = [];
  for (const pin of new Set(pins)) {
    const parsed = Object.hasOwn(declared, pin) ? null : parsePin(pin);
    if (parsed && parsed.steps.length > 0) folded.push({ pin, ...parsed });
  }
  return folded.sort((a, b) => a.steps.length - b.steps.length);
}

/**
 * The inputs a node runs on: its constants, over them what links brought, over that its mask, and dynamic keys folded into
 * their base pins. The flat keys stay beside the merged base. The order of keys is the graph's (constants, then linked pins),
 * never that of arrival. Schema defaults are not written in.
 */
export function combine(target: CompiledNode, linked: JsonObject): JsonObject {
  const inputs = copyOf(target.node.constants);
  for (const pin of target.linkedPins) if (Object.hasOwn(linked, pin)) setOwn(inputs, pin, linked[pin] ?? null);
  for (const [pin, value] of Object.entries(target.mask)) setOwn(inputs, pin, value);
  for (const { pin, base, steps } of target.foldedPins) {
    const value = own(inputs, pin);
    if (value !== undefined) setOwn(inputs, base, put(own(inputs, base), steps, value));
  }
  return inputs;
}

/** What stands in the way is made a list or an object by the rules of coercion. A computed key is always an own one, even `__proto__`. */
function put(into: Json | undefined, [step, ...rest]: readonly PinStep[], value: Json): Json {
  if (!step) return open(value);
  if (step.by !== "index") {
    const object = convert(open(into ?? {}), "dictionary") as JsonObject;
    return { ...object, [step.token]: put(own(object, step.token), rest, value) };
  }
  const list = convert(open(into ?? []), "list") as readonly Json[];
  const at = Number(step.token);
  const items = Array.from({ length: Math.max(list.length, at + 1) }, (_, i) => list[i] ?? null);
  items[at] = put(items[at], rest, value);
  return items;
}
