import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import type { Fault } from "../graph/errors";
import { own, type Json, type JsonObject, type JsonSchema, type PinSchema } from "../graph/json";
import { pointerTo } from "../graph/pointer";

export type CheckedInputs = { readonly inputs: JsonObject; readonly faults: readonly Fault[] };

/** Names of inputs in one message. */
const namesShown = 20;

/**
 * Checks what a start gives against a graph's inputs. An input may be left out, whether it is required or not: it emits nothing
 * then, or its default. null counts as left out.
 */
export function inputsChecker(schema: PinSchema): (given: JsonObject) => CheckedInputs {
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false, meta: false, allErrors: true });
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (name: string, pin: JsonSchema): ValidateFunction => {
    const validate = validators.get(name) ?? ajv.compile(pin);
    validators.set(name, validate);
    return validate;
  };
  return (given) => {
    const inputs: [string, Json][] = [];
    const faults: Fault[] = [];
    for (const [name, value] of Object.entries(given)) {
      const pin = own(schema.properties, name);
      if (!pin) faults.push({ pointer: pointerTo(["inputs", name]), detail: unknownInput(schema) });
      else if (value !== null) {
        inputs.push([name, value]);
        faults.push(...misfits(validatorOf(name, pin), name, value));
      }
    }
    return { inputs: Object.fromEntries(inputs), faults };
  };
}

function unknownInput({ properties }: PinSchema): string {
  const names = Object.keys(properties);
  if (names.length === 0) return "unknown input: the graph has none";
  const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : "";
  return `unknown input: the graph has ${names
    .slice(0, namesShown)
    .map((name) => JSON.stringify(name))
    .join(", ")}${more}`;
}

function misfits(validate: ValidateFunction, name: string, value: Json): Fault[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => ({
    pointer: pointerTo(["inputs", name]) + error.instancePath,
    detail: describe(error),
  }));
}

function describe({ keyword, message = "does not fit", params }: ErrorObject): string {
  if (keyword !== "enum") return message;
  return `must be one of ${JSON.stringify(params["allowedValues"]).slice(0, 500)}`;
}
