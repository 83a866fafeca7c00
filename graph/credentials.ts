import { isObject } from "./json";
import type { Json } from "./json";
import { isCredentialPin, parsePin } from "./pins";

const referenceKeys: readonly string[] = ["id", "provider", "type", "title"];
const detail = `a credential is named here, never written: ${referenceKeys.join(", ")} as texts, and nothing else`;

/** What is wrong with a constant where it belongs to a pin for credentials; null: nothing. A key would stand in the graph for ever. */
export function credentialFault(pin: string, value: Json): string | null {
  const path = parsePin(pin);
  if (!isCredentialPin(path?.base ?? pin)) return null;
  const [step, ...more] = path?.steps ?? [];
  if (!step && value === null) return null;
  const reference = step ? { [step.token]: value } : value;
  const isReference =
    isObject(reference) && Object.entries(reference).every(([key, part]) => isReferencePart(key, part));
  return isReference && more.length === 0 ? null : detail;
}

function isReferencePart(key: string, part: Json): boolean {
  return referenceKeys.includes(key) && (part === null || typeof part === "string");
}
