import type { BlockDefinition, Placement } from "../graph/block";
import type { Json, JsonSchema, PinSchema } from "../graph/json";

/** Small words to declare blocks with. Pure data: `definition.ts` files and the catalog read nothing else. */
export const any: JsonSchema = {};
export const text: JsonSchema = { type: "string" };
export const integer: JsonSchema = { type: "integer" };
export const boolean: JsonSchema = { type: "boolean" };
export const list: JsonSchema = { type: "array" };
export const object: JsonSchema = { type: "object" };

/** JSON has no infinities and no NaN: they travel as these three texts. */
export const number: JsonSchema = { anyOf: [{ type: "number" }, { enum: ["Infinity", "-Infinity", "NaN"] }] };

export const integerOrText: JsonSchema = { type: ["integer", "string"] };

/** A schema without a type admits null already. */
export function nullable(schema: JsonSchema): JsonSchema {
  return schema.type === undefined ? schema : { ...schema, type: [schema.type, "null"].flat() };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

export function oneOf(...choices: readonly string[]): JsonSchema {
  return { type: "string", enum: choices };
}

type Pin = { readonly schema: JsonSchema; readonly required: boolean };

export function required(schema: JsonSchema, description: string): Pin {
  return { schema: { ...schema, description }, required: true };
}

/** A pin that may be left out. The planner does not write the default in: the block's `run` applies the same one. */
export function optional(schema: JsonSchema, fallback: Json, description: string): Pin {
  return { schema: { ...schema, default: fallback, description }, required: false };
}

export function emitted(schema: JsonSchema, description: string): Pin {
  return { schema: { ...schema, description }, required: false };
}

export function pins(all: { readonly [pin: string]: Pin }): PinSchema {
  const entries = Object.entries(all);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, pin]) => [name, pin.schema])),
    required: entries.flatMap(([name, pin]) => (pin.required ? [name] : [])),
  };
}

type Usual = "role" | "staticOutput" | "errorPin" | "cost";

/** A definition with what is usual filled in: a standard block with an `error` pin, no static output, free of charge. */
export function define<P extends Placement>(
  block: Omit<BlockDefinition, Usual | "placement"> & Partial<Pick<BlockDefinition, Usual>> & { readonly placement: P },
): BlockDefinition & { readonly placement: P } {
  return { role: "standard", staticOutput: false, errorPin: true, cost: [], ...block };
}
