import type { RecordedError } from "../db/schema";
import type { ItemEnd, OpenMap } from "../db/state";
import type { Emission } from "../graph/definition";
import type { JsonObject } from "../graph/json";
import { open } from "../graph/large";
import { itemValues, mapConcurrency } from "../graph/map";
import { childInputs } from "../graph/nested";
import type { NodeDraft } from "./node-draft";

/** A node that goes through its list, one nested graph for each item; what a segment asks of it. */
export class MapRun {
  readonly node: NodeDraft;
  readonly map: { readonly items: number; admitted: number };
  /** A limit lets no other item start. */
  refused = false;
  private readonly found: Pick<OpenMap, "ended" | "failure" | "live" | "results">;

  constructor(node: NodeDraft, items: number, found: Omit<OpenMap, "node"> | null) {
    this.node = node;
    this.map = { items, admitted: found?.admitted ?? 0 };
    this.found = found ?? { ended: 0, failure: null, live: [], results: items === 0 ? [] : null };
    node.note({ map: this.map });
  }

  get running(): number {
    return this.map.admitted - this.found.ended;
  }

  /** The next item may start now, as far as the map itself is concerned. */
  get hasNext(): boolean {
    if (this.node.hasEnded || this.refused || this.found.failure) return false;
    const { concurrency = mapConcurrency.default } = this.node.compiled.node.map ?? {};
    return this.map.admitted < this.map.items && this.running < concurrency;
  }

  /** What the nested graph of the next item starts with. */
  nextInputs(): JsonObject {
    const { compiled, inputs } = this.node;
    const pin = compiled.node.map?.pin ?? "";
    const given = childInputs(compiled, inputs);
    const list = open(given[pin] ?? null);
    return { ...given, [pin]: (Array.isArray(list) ? list[this.map.admitted] : null) ?? null };
  }

  /** Runs on, though an item's failure ends the map. */
  get toHalt(): OpenMap["live"] {
    return this.found.failure ? this.found.live : [];
  }

  /** Of a map that an item has failed, once no other item runs. */
  get error(): RecordedError | null {
    const { failure } = this.found;
    if (!failure || this.running > 0) return null;
    const { code, message, executionId } = failureOf(failure);
    const fatal = failure.error?.fatal || failure.error?.limit ? { fatal: true } : {};
    return {
      code,
      message: `item ${failure.item} of the map has failed: ${message}`,
      childExecutionId: executionId,
      ...fatal,
    };
  }

  /** What it emits when all its items have ended: once, and in their order. */
  get emissions(): Emission[] | null {
    const { results } = this.found;
    if (results === null) return null;
    const ended = results.map((one) => ({
      outputs: one.outputs,
      failure: one.status === "COMPLETED" ? null : failureOf(one),
    }));
    const pins = Object.keys(this.node.compiled.outputSchema.properties);
    return pins.map((pin) => ({ pin, value: itemValues(ended, pin) }));
  }
}

function failureOf({ error, endReason, executionId }: ItemEnd) {
  return { code: error?.code ?? endReason, message: error?.message ?? `it was ${endReason}`, executionId };
}
