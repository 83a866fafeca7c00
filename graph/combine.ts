import type { CompiledNode } from "./compile";
import { isObject, own } from "./json";
import type { Json, JsonObject } from "./json";

/**
 * The inputs a node runs on: its constants, over them what links brought, and dynamic keys folded into their base pins. The
 * flat keys stay beside the merged base. The order of keys is the graph's (constants, then linked pins), never that of
 * arrival. Schema defaults are not written in.
 */
export function combine(target: CompiledNode, linked: JsonObject): JsonObject {
  const brought = target.linkedPins.filter((pin) => Object.hasOwn(linked, pin));
  const flat = brought.reduce<JsonObject>((inputs, pin) => ({ ...inputs, [pin]: linked[pin] ?? null }), {});
  return target.foldedPins.reduce(fold, { ...target.node.constants, ...flat });
}

function fold(inputs: JsonObject, { pin, path }: CompiledNode["foldedPins"][number]): JsonObject {
  const value = own(inputs, pin);
  return value === undefined ? inputs : put(inputs, path, value);
}

/** What stands in the way of a key and is no object is replaced by one. A computed key is always an own one, even `__proto__`. */
function put(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  const inner = own(object, key);
  return { ...object, [key]: rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest, value) };
}
