import { isBlockFailure, type BlockRegistry, type RemoteBlock } from "../blocks/block";
import type { RecordedError } from "../db/schema";
import type { CompiledNode } from "../graph/compile";
import { parseDuration } from "../graph/durations";
import type { Emission } from "../graph/definition";
import type { NodeExecutionId } from "../graph/ids";
import type { Json, JsonObject } from "../graph/json";
import type { RemoteWork } from "../workflows/messages";
import { isRemote } from "./placement";

/** What the Web UI shows of a node. */
export function labelOf({ node, block }: CompiledNode): string {
  return node.label ?? block.name;
}

/** Where neither the node nor its block says otherwise; an attempt's longest time is 30 minutes. */
const defaults = { attempts: 1, timeoutMs: 30 * 60_000, firstIntervalMs: 1_000, backoff: 2, maxIntervalMs: 60_000 };

/** The node's own retry and timeout win over its block's. */
export function remoteWork(blocks: BlockRegistry, compiled: CompiledNode, id: NodeExecutionId): RemoteWork {
  const { node, block } = compiled;
  const found = blocks.get(block.id);
  const ofBlock: Pick<RemoteBlock, "attempts" | "timeoutMs"> = isRemote(found) ? found : {};
  const { retry = {}, timeout } = node;
  return {
    kind: "remote",
    id,
    label: labelOf(compiled),
    block: block.name,
    timeoutMs: timeout === undefined ? (ofBlock.timeoutMs ?? defaults.timeoutMs) : parseDuration(timeout),
    attempts: retry.attempts ?? ofBlock.attempts ?? defaults.attempts,
    firstIntervalMs: retry.firstInterval === undefined ? defaults.firstIntervalMs : parseDuration(retry.firstInterval),
    backoff: retry.backoff ?? defaults.backoff,
    maxIntervalMs: retry.maxInterval === undefined ? defaults.maxIntervalMs : parseDuration(retry.maxInterval),
  };
}

/** null: all required pins have a value. The required inputs of a nested graph are checked when it is admitted. */
export function missingInput(compiled: CompiledNode, inputs: JsonObject): string | null {
  if (compiled.nested) return null;
  const missing = compiled.inputSchema.required.filter((pin) => !Object.hasOwn(inputs, pin));
  return missing.length > 0 ? `required input missing: ${missing.join(", ")}` : null;
}

export function recordedError(error: unknown): RecordedError {
  if (isBlockFailure(error)) return { code: error.code, message: error.message };
  return { code: "block_error", message: error instanceof Error ? error.message : String(error) };
}

/** Says which output is over the limit on one value; null: none is. */
export function findTooLarge(emissions: readonly Emission[], valueBytes: number): string | null {
  for (const { pin, value } of emissions) {
    const { length } = JSON.stringify(value);
    if (length > valueBytes)
      return `the value of output "${pin}" has ${length} characters of JSON, at most ${valueBytes} are allowed`;
  }
  return null;
}

/** Values up to this many characters of JSON are shown in events; larger ones are read from the node execution. */
const previewLength = 1_024;

export function preview(value: Json): JsonObject {
  const { length } = JSON.stringify(value);
  return length <= previewLength ? { value } : { bytes: length };
}
