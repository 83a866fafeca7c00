import type { CompiledNode } from "./compile";
import { isObject } from "./json";
import type { JsonObject } from "./json";
import { parsePin } from "./pins";

/**
 * What a nested-graph node starts its child with, of its frozen inputs: the constant `inputs`, over it constants and then linked
 * values of the child's own pins. A constant whose name is also a pin of the executor (`inputs`, `graphId` …) is the executor's.
 */
export function childInputs({ node, block, inputSchema, linkedPins }: CompiledNode, inputs: JsonObject): JsonObject {
  const linked = new Set(linkedPins.map((pin) => parsePin(pin)?.base ?? pin));
  const isForChild = (pin: string) => linked.has(pin) || !Object.hasOwn(block.inputSchema.properties, pin);
  const pins = Object.keys(inputSchema.properties).filter((pin) => Object.hasOwn(inputs, pin) && isForChild(pin));
  const own = Object.fromEntries(pins.map((pin) => [pin, inputs[pin] ?? null]));
  return { ...(isObject(node.constants.inputs) ? node.constants.inputs : {}), ...own };
}

/** Required inputs of the child that nothing gives; checked when the node runs. */
export function missingChildInputs({ inputSchema }: CompiledNode, inputs: JsonObject): string[] {
  return inputSchema.required.filter((pin) => !Object.hasOwn(inputs, pin));
}
