import { isBlockFailure, type BlockRegistry } from "../blocks/block";
import type { RecordedError } from "../db/schema";
import type { CompiledNode } from "../graph/compile";
import type { NodeExecutionId } from "../graph/ids";
import { isObject, type Json, type JsonObject } from "../graph/json";
import type { Work } from "../workflows/messages";
import { isRemote } from "./placement";

/** What the Web UI shows of a node. */
export function labelOf({ node, block }: CompiledNode): string {
  return node.label ?? block.name;
}

const halfAnHour = 30 * 60_000;

export function remoteWork(blocks: BlockRegistry, compiled: CompiledNode, id: NodeExecutionId): Work {
  const block = blocks.get(compiled.block.id);
  const { attempts = 1, timeoutMs = halfAnHour } = isRemote(block) ? block : {};
  return { kind: "remote", id, label: labelOf(compiled), block: compiled.block.name, timeoutMs, attempts };
}

/** null: all required pins have a value. The required inputs of a nested graph are checked when it is admitted. */
export function missingInput(compiled: CompiledNode, inputs: JsonObject): string | null {
  if (compiled.nested) return null;
  const missing = compiled.inputSchema.required.filter((pin) => !Object.hasOwn(inputs, pin));
  return missing.length > 0 ? `required input missing: ${missing.join(", ")}` : null;
}

const executorPins = new Set(["inputs", "graphId", "graphVersion", "inputSchema", "outputSchema"]);

/** Inputs of a nested graph: linked values over the constant `inputs`, kept to the nested graph's own pins. */
export function childInputs(inputs: JsonObject, pins: { readonly [pin: string]: unknown }): JsonObject {
  const constant = inputs["inputs"];
  const given = Object.entries(inputs).filter(([pin]) => Object.hasOwn(pins, pin) && !executorPins.has(pin));
  return { ...(isObject(constant) ? constant : {}), ...Object.fromEntries(given) };
}

export function recordedError(error: unknown): RecordedError {
  if (isBlockFailure(error)) return { code: error.code, message: error.message };
  return { code: "block_error", message: error instanceof Error ? error.message : String(error) };
}

/** Values up to this many characters of JSON are shown in events; larger ones are read from the node execution. */
const previewLength = 1_024;

export function preview(value: Json): JsonObject {
  const { length } = JSON.stringify(value);
  return length <= previewLength ? { value } : { bytes: length };
}
