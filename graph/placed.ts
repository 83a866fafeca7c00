import type { BlockCatalog, BlockDefinition } from "./block";
import type { GraphNode, NestedGraph } from "./definition";
import { detachedOutputs, isDetached } from "./detached";
import type { Fault } from "./errors";
import { suggestion } from "./nearest";
import { mostIndex, parsePin, parseToolPin, toolsPin } from "./pins";
import { isNested, nestedOf } from "./reference";
import type { FindNested, NoNested } from "./reference";

/** A node of a draft, where it stands in the request, and its pins; null where its block or nested graph is not known. */
export type PlacedNode = {
  readonly node: GraphNode;
  readonly pointer: string;
  readonly block: BlockDefinition | null;
  readonly nested: NestedGraph | NoNested | null;
  readonly inputPins: readonly string[] | null;
  readonly outputPins: readonly string[] | null;
};

export function placeNode(node: GraphNode, pointer: string, blocks: BlockCatalog, findNested: FindNested): PlacedNode {
  const block = blocks.get(node.blockId) ?? null;
  const nested = block && nestedOf(node, findNested);
  const known = nested ? (isNested(nested) ? nested : null) : block;
  // A nested graph that fails fires `error` too, unless it has an output of that name.
  const error = block?.errorPin || nested ? ["error"] : [];
  const outputs = nested && isDetached(node) ? detachedOutputs : known?.outputSchema;
  return {
    node,
    pointer,
    block,
    nested,
    inputPins: known && Object.keys(known.inputSchema.properties),
    outputPins: known && [...new Set([...Object.keys(outputs?.properties ?? {}), ...error])],
  };
}

/** The pin that a full, perhaps dynamic, pin name is about; null where the name is malformed. */
export function basePin(name: string, pins: readonly string[]): string | null {
  return pins.includes(name) ? name : (parsePin(name)?.base ?? null);
}

const form = "a pin, then after each _#_ or _@_ a key, after each _$_ a whole number";

/** What is wrong with the form of an input pin's name: of a link's sink or a constant. */
export function builderFault(name: string, pins: readonly string[]): string | null {
  if (pins.includes(name)) return null;
  const parsed = parsePin(name);
  if (!parsed) return `malformed dynamic pin "${name}": ${form}`;
  const isFar = parsed.steps.some(({ by, token }) => by === "index" && Number(token) > mostIndex);
  return isFar ? `pin "${name}" would build a list of more than ${mostIndex + 1} items` : null;
}

/** What is wrong with one end of a link. `pins` null: they are not known, so only the form of the name is checked. */
export function pinFaults(pointer: string, name: string, placed: PlacedNode, side: "input" | "output"): Fault[] {
  const pins = side === "input" ? placed.inputPins : placed.outputPins;
  const base = side === "output" && parseToolPin(name) ? toolsPin : basePin(name, pins ?? []);
  if (base === null) return [{ pointer, detail: `malformed dynamic pin "${name}": ${form}` }];
  const malformed = side === "input" ? builderFault(name, pins ?? []) : null;
  if (malformed !== null) return [{ pointer, detail: malformed }];
  if (!pins || pins.includes(base)) return [];
  const nested = side === "output" && isDetached(placed.node) ? "a detached nested graph" : "the nested graph";
  const whose = placed.nested ? nested : `block ${placed.block?.name}`;
  return [{ pointer, detail: `${whose} has no ${side} pin "${base}"${suggestion(base, pins)}` }];
}
