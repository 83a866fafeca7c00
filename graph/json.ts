/** A value that travels along a link: exactly what JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** The part of JSON Schema that pins use; unknown keywords are kept as they are. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly format?: string;
  readonly items?: JsonSchema;
  readonly properties?: { readonly [pin: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly [keyword: string]: unknown;
};

/** An object schema: one property for each pin. */
export type PinSchema = JsonSchema & {
  readonly type: "object";
  readonly properties: { readonly [pin: string]: JsonSchema };
  readonly required: readonly string[];
};

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What an object itself holds under a key that a user made (`__proto__` and `constructor` included), else undefined. */
export function own<Value>(object: { readonly [key: string]: Value }, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets what an object that is being made itself holds under a key that a user made. A computed key of a literal takes four times as long. */
export function setOwn<Value>(object: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A copy to be added to. A spread leaves no room for more, so that the first key added moves it: four times as slow. */
export function copyOf<Value>(values: { readonly [key: string]: Value }): { [key: string]: Value } {
  const copy: { [key: string]: Value } = {};
  for (const key of Object.keys(values)) setOwn(copy, key, values[key] as Value);
  return copy;
}
