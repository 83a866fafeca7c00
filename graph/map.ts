import type { NodeMap } from "./definition";
import type { Fault } from "./errors";
import type { Json, JsonSchema, PinSchema } from "./json";
import { open } from "./large";
import { suggestion } from "./nearest";
import type { PlacedNode } from "./placed";

/** Items of one map that run at a time. */
export const mapConcurrency = { default: 10, max: 100 } as const;

/** What a map takes: where the nested graph takes an item, a list of them. */
export function mapInputs(schema: PinSchema, { pin }: NodeMap): PinSchema {
  const items = schema.properties[pin] ?? {};
  return { ...schema, properties: { ...schema.properties, [pin]: { type: "array", items } } };
}

/** What a map emits: of each output of the nested graph a list with an entry for each item. */
export function mapOutputs(schema: PinSchema): PinSchema {
  const lists = Object.entries(schema.properties).map(([pin, items]): [string, JsonSchema] => [
    pin,
    { type: "array", items },
  ]);
  return { ...schema, properties: Object.fromEntries(lists) };
}

/** How the execution of one item has ended. */
export type ItemResult = {
  /** In the order in which they came. */
  readonly outputs: readonly { readonly name: Json; readonly value: Json }[];
  /** null: it has completed. */
  readonly failure: { readonly code: string; readonly message: string; readonly executionId: string } | null;
};

/** The list of one output: of each item the last value, null where it gave none, `{error}` where it has failed. */
export function itemValues(results: readonly ItemResult[], pin: string): Json[] {
  return results.map(({ outputs, failure }) => {
    if (failure) return { error: { ...failure } };
    return open(outputs.findLast(({ name }) => name === pin)?.value ?? null);
  });
}

/** What is wrong with the `map` of a node. */
export function mapFaults({ node, pointer, block, nested, inputPins }: PlacedNode): Fault[] {
  if (!node.map || !block) return [];
  const { pin } = node.map;
  if (!nested) return [{ pointer: `${pointer}/map`, detail: `is of nested graphs; block ${block.name} has none` }];
  if (node.lifecycle === "detached")
    return [{ pointer: `${pointer}/map`, detail: "a detached nested graph has no results to put into a list" }];
  if (!inputPins || inputPins.includes(pin)) return [];
  return [
    {
      pointer: `${pointer}/map/pin`,
      detail: `the nested graph has no input pin "${pin}"${suggestion(pin, inputPins)}`,
    },
  ];
}
