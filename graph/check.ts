import Ajv from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import { coercer } from "./coerce";
import type { Coerce } from "./coerce";
import { copyOf, own, setOwn } from "./json";
import type { Json, JsonObject, JsonSchema, PinSchema } from "./json";
import { isLarge, open, type LargeKind } from "./large";

/** Made to fit the schema as far as coercion goes; `problem`: what still misfits, pins named, values never. */
export type CheckedInputs = { readonly inputs: JsonObject; readonly problem: string | null };

/**
 * Inputs against the pins of a block. A null counts as left out where the pin may be left out; what the schema does not declare
 * (flat keys of dynamic pins) is taken as it is.
 */
export function checkInputs(schema: PinSchema, given: JsonObject): CheckedInputs {
  const checks = checksOf(schema);
  const inputs = coerceAll(checks, given);
  const missing = schema.required.filter((pin) => !Object.hasOwn(inputs, pin)).map((pin) => `"${pin}"`);
  if (missing.length > 0) return { inputs, problem: `no value for the required ${missing.join(", ")}` };
  const problems: string[] = [];
  for (const pin of Object.keys(inputs)) {
    const value = inputs[pin] as Json;
    if (value === null && !schema.required.includes(pin)) continue;
    const misfit = checks.get(pin)?.misfit(value) ?? null;
    if (misfit !== null) problems.push(`"${pin}" ${misfit}`);
  }
  return { inputs, problem: problems.length > 0 ? problems.join("; ") : null };
}

/** What is wrong with a value that a block emits; null: nothing, or the schema does not declare the pin. */
export function outputMisfit(schema: PinSchema, pin: string, value: Json): string | null {
  return checksOf(schema).get(pin)?.misfit(value) ?? null;
}

type PinCheck = { readonly coerce: Coerce | null; readonly misfit: (value: Json) => string | null };

/** The same object where nothing is changed. */
function coerceAll(checks: ReadonlyMap<string, PinCheck>, given: JsonObject): JsonObject {
  let coerced: { [pin: string]: Json } | null = null;
  for (const pin of Object.keys(given)) {
    const value = given[pin] as Json;
    const next = checks.get(pin)?.coerce?.(value) ?? value;
    if (next === value) continue;
    coerced ??= copyOf(given);
    setOwn(coerced, pin, next);
  }
  return coerced ?? given;
}

/** Compiling a schema takes a millisecond, so it is done once, and only for pins that get a value. */
const compiled = new WeakMap<PinSchema, ReadonlyMap<string, PinCheck>>();

function checksOf(schema: PinSchema): ReadonlyMap<string, PinCheck> {
  const found = compiled.get(schema);
  if (found) return found;
  // An instance for each schema, so that it goes with it; formats are not checked, as in the platform this is compatible with.
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false, meta: false });
  const checks = new Map<string, PinCheck>();
  for (const pin of Object.keys(schema.properties)) {
    const pinSchema = own(schema.properties, pin) ?? {};
    let validate: ValidateFunction | undefined;
    const misfit = (value: Json) => {
      if (isLarge(value) && isAnyOf(value.kind, pinSchema)) return null;
      validate ??= ajv.compile(pinSchema);
      return validate(open(value)) ? null : describe(validate.errors?.[0]);
    };
    const coerce = coercer(pinSchema);
    checks.set(pin, { coerce: coerce && ((value) => coerceAny(value, coerce, pinSchema)), misfit });
  }
  compiled.set(schema, checks);
  return checks;
}

/** A large value stays a reference as long as nothing in it is to be converted. */
function coerceAny(value: Json, coerce: Coerce, schema: JsonSchema): Json {
  if (!isLarge(value)) return coerce(value);
  if (isAnyOf(value.kind, schema)) return value;
  const content = open(value);
  const coerced = coerce(content);
  return coerced === content ? value : coerced;
}

/** Keywords that say nothing of what is in a value. */
const outside: ReadonlySet<string> = new Set(["title", "description", "default", "format", "secret", "advanced"]);

/** Whether all values of a kind fit, so that nobody has to look inside. */
function isAnyOf(kind: LargeKind, { type, ...rest }: JsonSchema): boolean {
  return (type === undefined || [type].flat().includes(kind)) && Object.keys(rest).every((name) => outside.has(name));
}

function describe({ instancePath = "", keyword, message = "does not fit", params }: Partial<ErrorObject> = {}): string {
  const at = instancePath === "" ? "" : `${instancePath} `;
  if (keyword !== "enum") return at + message;
  return `${at}must be one of ${JSON.stringify(params?.["allowedValues"]).slice(0, 500)}`;
}
