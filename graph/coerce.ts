import { convert } from "./convert";
import { isObject, own } from "./json";
import type { Json, JsonSchema } from "./json";

export type Coerce = (value: Json) => Json;

/**
 * Makes values fit the type that a schema asks for, as far as they do not; worked out once for each schema. Null is left alone.
 * Of a union a member that fits already wins, else the first one whose conversion does. What still misfits is left to the check.
 * `null`: the schema takes every type.
 */
export function coercer(schema: JsonSchema): Coerce | null {
  const members = membersOf(schema);
  if (members === null) return null;
  const [only] = members;
  if (only && members.length === 1) return coerceTo(only);
  const conversions = members.map(coerceTo);
  return (value) => {
    if (value === null || members.some((member) => fits(value, member))) return value;
    for (const convertTo of conversions) {
      const converted = convertTo(value);
      if (members.some((member) => fits(converted, member))) return converted;
    }
    return value;
  };
}

/** The types a schema admits, each as a schema of its own; `null`: any. */
function membersOf(schema: JsonSchema): readonly JsonSchema[] | null {
  const { type, anyOf, oneOf } = schema;
  if (typeof type === "string") return [schema];
  if (type) return type.map((one) => ({ ...schema, type: one }));
  const members = [anyOf, oneOf].find(Array.isArray) as readonly JsonSchema[] | undefined;
  if (!members) return null;
  return members.every((one) => one.type !== undefined || one.enum)
    ? members.flatMap((m) => membersOf(m) ?? [m])
    : null;
}

function coerceTo(schema: JsonSchema): Coerce {
  switch (schema.type) {
    case "string":
      return (value) => convert(value, "string");
    case "number":
      return (value) => (typeof value === "number" ? value : convert(value, "number"));
    case "integer":
      return (value) => (value === null ? null : truncated(convert(value, "number")));
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : convert(value, "boolean"));
    case "array":
      return listOf(schema);
    case "object":
      return objectOf(schema);
    default:
      return (value) => value;
  }
}

/** The texts "Infinity" and "NaN" stand for numbers, but for no whole ones. */
function truncated(number: Json): number {
  return typeof number === "number" ? Math.trunc(number) : 0;
}

function listOf({ items }: JsonSchema): Coerce {
  const coerceItem = items ? coercer(items) : null;
  return (value) => {
    const list = convert(value, "list");
    return coerceItem && Array.isArray(list) ? (list as readonly Json[]).map(coerceItem) : list;
  };
}

function objectOf({ properties = {}, additionalProperties }: JsonSchema): Coerce {
  const declared = new Map(Object.entries(properties).map(([key, schema]) => [key, coercer(schema)]));
  const others = typeof additionalProperties === "object" ? coercer(additionalProperties) : null;
  const isPlain = others === null && [...declared.values()].every((coerce) => coerce === null);
  return (value) => {
    const object = convert(value, "dictionary");
    if (isPlain || !isObject(object)) return object;
    return Object.fromEntries(
      Object.entries(object).map(([key, item]) => {
        const coerce = declared.has(key) ? declared.get(key) : others;
        return [key, coerce ? coerce(item) : item];
      }),
    );
  };
}

/** Whether it has the type, all the way down; ranges, patterns and the like are the check's. */
function fits(value: Json, schema: JsonSchema): boolean {
  if (schema.enum) return schema.enum.includes(value);
  if (typeof schema.type !== "string") {
    const members = membersOf(schema);
    if (members === null) return true;
    if (members.length > 1) return members.some((member) => fits(value, member));
  }
  switch (schema.type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value) && value.every((item: Json) => !schema.items || fits(item, schema.items));
    case "object":
      return isObject(value) && Object.entries(value).every(([key, item]) => fitsProperty(item, key, schema));
    case "null":
      return value === null;
    default:
      return typeof value === schema.type;
  }
}

function fitsProperty(value: Json, key: string, { properties = {}, additionalProperties }: JsonSchema): boolean {
  const schema = own(properties, key) ?? (typeof additionalProperties === "object" ? additionalProperties : {});
  return fits(value, schema);
}
