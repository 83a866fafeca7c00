import { isBlockFailure, type BlockRegistry, type RemoteBlock } from "../blocks/block";
import type { RecordedError } from "../db/schema";
import { outputMisfit } from "../graph/check";
import type { CompiledNode } from "../graph/compile";
import { parseDuration } from "../graph/durations";
import type { Emission } from "../graph/definition";
import type { NodeExecutionId } from "../graph/ids";
import { fileUri } from "../graph/file";
import type { Json, JsonObject } from "../graph/json";
import { isLarge, largeFrom, open } from "../graph/large";
import { fitsSurely, jsonSize } from "../graph/size";
import type { RemoteWork } from "../workflows/messages";
import { isRemote, isStream } from "./placement";

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
  const ofBlock: Pick<RemoteBlock, "attempts" | "timeoutMs"> = isRemote(found) || isStream(found) ? found : {};
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

export function recordedError(error: unknown): RecordedError {
  if (isBlockFailure(error)) return { code: error.code, message: error.message };
  return { code: "block_error", message: error instanceof Error ? error.message : String(error) };
}

/** What a node did wrong with what it emitted, and at which emission; those before it count. `null`: nothing. */
type Wrong = { readonly at: number; readonly error: RecordedError };

/** A value over the limit, one that the block's own schema does not allow, or an `error`, which is a failure. */
export function findWrong(compiled: CompiledNode, emissions: readonly Emission[], valueBytes: number): Wrong | null {
  const { block, nested } = compiled;
  for (const [at, { pin, value }] of emissions.entries()) {
    const length = lengthOf(value, Math.min(valueBytes, largeFrom));
    if (length > valueBytes) {
      const message = `the value of output "${pin}" has ${length} characters of JSON, at most ${valueBytes} are allowed`;
      return { at, error: { code: "value_too_large", message } };
    }
    if (block.role !== "standard" || nested) continue;
    if (pin === "error" && block.errorPin) {
      const said = open(value);
      return { at, error: { code: "block_error", message: typeof said === "string" ? said : JSON.stringify(said) } };
    }
    const misfit = outputMisfit(block.outputSchema, pin, value);
    if (misfit !== null) return { at, error: { code: "invalid_output", message: `output "${pin}" ${misfit}` } };
  }
  return null;
}

/** Of values as JSON, in UTF-8; of a large one what it stands for. */
export function bytesOf(values: readonly Json[]): number {
  const each = values.map((value) => (isLarge(value) ? value.bytes : Buffer.byteLength(JSON.stringify(value))));
  return each.reduce((sum, bytes) => sum + bytes, 0);
}

/** Values up to this many characters of JSON are shown in events; larger ones are read from the node execution. */
const previewLength = 1_024;

export function preview(value: Json): JsonObject {
  if (isLarge(value)) return { bytes: value.bytes, uri: fileUri(value.id), preview: value.preview };
  const length = lengthOf(value, previewLength);
  return length <= previewLength ? { value } : { bytes: length };
}

/** Characters of its JSON, or bytes of what it stands for; 0 where that is surely no more than `short`. */
function lengthOf(value: Json, short: number): number {
  if (fitsSurely(value, short)) return 0;
  if (typeof value === "string") return jsonSize(value).characters;
  return isLarge(value) ? value.bytes : JSON.stringify(value).length;
}
