import type { Json, JsonObject } from "../../graph/json";
import { isLarge, type Large } from "../../graph/large";
import { fileUri } from "../../graph/file";

/** A value as it is shown: a large one by what it is called and how it begins; all of it is the file of this id. */
export function show(value: Json): Json {
  return isLarge(value) ? { $large: factsOf(value) } : value;
}

/** Values by pin. */
export function showEach(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([pin, value]) => [pin, show(value)]));
}

function factsOf({ id, bytes, preview }: Large): JsonObject {
  return { id, uri: fileUri(id), bytes, contentType: "application/json", preview };
}
