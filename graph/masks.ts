import type { BlockCatalog } from "./block";
import type { CompiledNode } from "./compile";
import type { GraphDefinition, GraphNode, Masks } from "./definition";
import type { Fault } from "./errors";
import { isObject, own } from "./json";
import type { Json, JsonObject } from "./json";
import { open } from "./large";
import { suggestion } from "./nearest";
import { basePin } from "./placed";
import { pointerTo } from "./pointer";

/** What masks of a start name but the graph does not have: every node and pin, with pointers under `at`. */
export function maskFaults(
  masks: Masks,
  { nodes, nested }: GraphDefinition,
  blocks: BlockCatalog,
  at: string,
): Fault[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return Object.entries(masks).flatMap(([id, mask]): Fault[] => {
    const node = byId.get(id);
    const pointer = at + pointerTo([id]);
    if (!node) return [{ pointer, detail: `there is no node "${id}"${suggestion(id, [...byId.keys()])}` }];
    const schema = own(nested, id)?.inputSchema ?? blocks.get(node.blockId)?.inputSchema;
    return unknownPins(mask, Object.keys(schema?.properties ?? {}), pointer);
  });
}

/** `masks` of a node in a draft: by pin, or on a nested graph by the nodes of that graph, which are not looked at here. */
export function nodeMaskFaults(
  { masks = {}, constants }: GraphNode,
  inputPins: readonly string[] | null,
  isNested: boolean,
  at: string,
): Fault[] {
  if (!isNested) return inputPins ? unknownPins(masks, inputPins, `${at}/masks`) : [];
  const ofChild = { [`${at}/constants/masks`]: own(constants, "masks") ?? {}, [`${at}/masks`]: masks };
  return Object.entries(ofChild).flatMap(([pointer, value]) =>
    isMasks(value)
      ? []
      : [{ pointer, detail: "must be an object that has an object of pins for each node of the nested graph" }],
  );
}

function unknownPins(mask: JsonObject, pins: readonly string[], at: string): Fault[] {
  return Object.keys(mask).flatMap((pin) => {
    const base = basePin(pin, pins);
    if (base !== null && pins.includes(base)) return [];
    return [
      {
        pointer: at + pointerTo([pin]),
        detail: `there is no input pin "${base ?? pin}"${suggestion(base ?? pin, pins)}`,
      },
    ];
  });
}

/** Masks of the execution that a nested-graph node starts, of its frozen inputs; the node's own win over its constant. */
export function childMasks({ node, linkedPins }: CompiledNode, inputs: JsonObject): Masks {
  // A linked pin of this name is an input of the nested graph.
  const given = own(linkedPins.includes("masks") ? node.constants : inputs, "masks");
  const named = given === undefined ? undefined : open(given);
  const base = isMasks(named) ? named : {};
  const over = isMasks(node.masks) ? node.masks : {};
  const ids = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...ids].map((id) => [id, { ...own(base, id), ...own(over, id) }]));
}

function isMasks(value: Json | undefined): value is { readonly [nodeId: string]: JsonObject } {
  return isObject(value) && Object.values(value).every(isObject);
}
