import type { BlockCatalog } from "./block";
import type { GraphNode, NestedGraph } from "./definition";
import { isObject, own } from "./json";
import type { JsonObject } from "./json";
import { isCredentialPin, parsePin } from "./pins";

/** A node as it may be shown to others; `removed`: where in an export file's node something was left out. */
export type Shown = { readonly node: GraphNode; readonly removed: readonly (readonly string[])[] };

/**
 * Without credentials, values of pins that a block or a nested graph marks secret, and values of secret inputs; in constants and
 * in masks.
 */
export function withoutSecrets(node: GraphNode, nested: NestedGraph | null, blocks: BlockCatalog): Shown {
  const block = blocks.get(node.blockId);
  const isSecretInput = block?.role === "input" && node.constants.secret === true;
  const isOpen = (pin: string) => {
    const base = parsePin(pin)?.base ?? pin;
    const schema = own(nested?.inputSchema.properties ?? {}, base) ?? own(block?.inputSchema.properties ?? {}, base);
    return !isCredentialPin(base) && schema?.secret !== true && !(isSecretInput && base === "value");
  };
  const removed: (readonly string[])[] = [];
  const open = (values: JsonObject, ...at: string[]): JsonObject => {
    const hidden = Object.keys(values).filter((pin) => !isOpen(pin));
    removed.push(...hidden.map((pin) => [...at, pin]));
    return hidden.length === 0 ? values : without(values, hidden);
  };

  const constants = open(node.constants, "input_default");
  const { inputs } = constants;
  const ofChild = nested && isObject(inputs) ? { inputs: open(inputs, "input_default", "inputs") } : {};
  const masks = node.masks && !nested ? { masks: open(node.masks, "treeline", "masks") } : {};
  return removed.length === 0
    ? { node, removed }
    : { node: { ...node, constants: { ...constants, ...ofChild }, ...masks }, removed };
}

function without(values: JsonObject, pins: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([pin]) => !pins.includes(pin)));
}
