import { randomUUID } from "node:crypto";
import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { GraphNode } from "../../graph/definition";
import type { Json, JsonObject } from "../../graph/json";
import type { Gate } from "../support/gate";

const pinsOf = { inputSchema: pins({ in: optional(any, null, "") }), outputSchema: pins({ out: emitted(any, "") }) };

/** A block whose code does not hear an abort: it ends when the test says so, and then emits its input. */
export function createDeaf(name = "Deaf") {
  const waiting: { readonly value: Json; end(): void }[] = [];
  const left: Json[] = [];
  const block: RemoteBlock = {
    definition: define({ id: randomUUID(), name, description: "", placement: "remote", ...pinsOf }),
    async run({ in: value = null }) {
      await new Promise<void>((resolve) => waiting.push({ value, end: resolve }));
      left.push(value);
      return [{ pin: "out", value }];
    },
  };
  const letGo = (isMeant: (value: Json) => boolean) => {
    for (const one of waiting.splice(0)) {
      if (isMeant(one.value)) one.end();
      else waiting.push(one);
    }
  };
  return {
    block,
    blockId: block.definition.id,
    inside: () => waiting.map(({ value }) => value),
    count: () => waiting.length,
    /** Values of the runs that came to their natural end. */
    left: () => left,
    letGo: (value: Json) => letGo((one) => one === value),
    letAllGo: () => letGo(() => true),
  };
}

/** A block that always asks for another attempt; counts them by its input. */
export function createBusy(name = "Busy") {
  const attempts = new Map<Json, number>();
  const block: RemoteBlock = {
    attempts: 100,
    definition: define({ id: randomUUID(), name, description: "", placement: "remote", ...pinsOf }),
    run({ in: value = null }) {
      attempts.set(value, (attempts.get(value) ?? 0) + 1);
      return Promise.reject(new BlockFailure("busy", "ask again", { retryable: true }));
    },
  };
  return { block, blockId: block.definition.id, attempts: (value: Json) => attempts.get(value) ?? 0 };
}

export function place(id: string, { blockId }: { readonly blockId: string }, constants: JsonObject = {}): GraphNode {
  return { id, blockId, constants };
}

/** What one test sees of a gate that a whole file shares: its own runs, told by their value. */
export function visitsOf(gate: Gate, tag: string) {
  return {
    inside: () => gate.inside().filter((value) => value === tag).length,
    aborted: () => gate.aborted().filter((value) => value === tag).length,
  };
}
