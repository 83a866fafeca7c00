import type { Usage } from "../blocks/block";
import type { NodeInsert, NodeRow, NodeUpdate, EventOrdinal, OutputRow, ReviewRow } from "../db/step";
import { freshNode, type OpenNode } from "../db/state";
import type { RecordedError } from "../db/schema";
import type { Placement } from "../graph/block";
import type { CompiledNode } from "../graph/compile";
import type { Emission } from "../graph/definition";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import { isTerminal, legalMoves, terminalStatuses, type EndReason, type Status } from "../graph/status";

/** A node execution while a segment works on it; `row` says at the end what the step writes of it. */
export class NodeDraft {
  readonly id: NodeExecutionId;
  readonly compiled: CompiledNode;
  /** Its status in the record; null while it has no row. */
  readonly found: Status | null;
  /** Infinity for those queued in this segment: they come after all that the record has queued. */
  readonly queuedSeq: number;
  readonly attempt: number;
  readonly wakeInMs: number | null;
  readonly childExecutionId: ExecutionId | null;
  inputs: JsonObject;
  status: Status;
  placement: Placement;
  endReason: EndReason | undefined;
  error: RecordedError | undefined;
  /** What its code has used, once that has run. */
  used: Usage | undefined;
  charge = 0;
  readonly reserved: number;
  missingPins: readonly string[] | undefined;
  newChildId: ExecutionId | undefined;
  iteration: number | undefined;
  newHostId: NodeExecutionId | undefined;
  newWakeInMs: number | undefined;
  resurrects: NodeExecutionId | undefined;
  review: ReviewRow | undefined;
  map: { readonly items: number; admitted: number } | undefined;
  wakesLeft: number | null;
  closed = false;
  /** Recorded but not delivered, oldest first; those this segment adds are at the end. */
  undelivered: Emission[];
  readonly added: Emission[] = [];
  private announced = 0;
  queued: EventOrdinal | undefined;
  started: EventOrdinal | undefined;
  ended: EventOrdinal | undefined;
  private readonly emittedBefore: number;
  private delivered: number;
  private touched = false;
  private edited = false;

  private constructor(
    compiled: CompiledNode,
    found: Status | null,
    values: Omit<OpenNode, "nodeId" | "closed" | "endReason">,
  ) {
    this.id = values.id;
    this.compiled = compiled;
    this.found = found;
    this.queuedSeq = values.queuedSeq;
    this.attempt = values.attempt;
    this.wakeInMs = values.wakeInMs;
    this.childExecutionId = values.childExecutionId;
    this.wakesLeft = values.wakesLeft;
    this.inputs = values.inputs;
    this.status = values.status;
    this.placement = values.placement;
    this.reserved = values.reserved;
    this.error = values.error ?? undefined;
    this.undelivered = [...values.outputs];
    this.emittedBefore = values.emitted;
    this.delivered = values.delivered;
  }

  static fromRecord(compiled: CompiledNode, row: OpenNode): NodeDraft {
    return new NodeDraft(compiled, row.status, row);
  }

  /** One that becomes ready now; `found` is INCOMPLETE if links had begun to feed it in an earlier step. */
  static ready(compiled: CompiledNode, id: NodeExecutionId, inputs: JsonObject, found: "INCOMPLETE" | null): NodeDraft {
    const draft = new NodeDraft(compiled, found, {
      ...freshNode,
      id,
      placement: compiled.block.placement,
      status: "QUEUED",
      attempt: 0,
      queuedSeq: Infinity,
      inputs,
    });
    draft.touched = true;
    return draft;
  }

  get nodeId(): string {
    return this.compiled.node.id;
  }

  /** All that it has emitted. */
  get outputs(): number {
    return this.emittedBefore + this.added.length;
  }

  /** Values it has emitted in all; that it failed is none. */
  get items(): number {
    return this.emittedBefore + this.added.filter(({ pin }) => pin !== "error").length;
  }

  get hasEnded(): boolean {
    return isTerminal(this.status);
  }

  /** People have changed what it is to run on. */
  edit(inputs: JsonObject): void {
    this.inputs = inputs;
    this.edited = true;
    this.touched = true;
  }

  touch(): void {
    this.touched = true;
  }

  emit(emissions: Iterable<Emission>): void {
    for (const emission of emissions) {
      this.undelivered.push(emission);
      this.added.push(emission);
      this.touched = true;
    }
  }

  /** The outputs that have no event yet; from here on they count as having one. */
  takeUnannounced(): readonly Emission[] {
    const taken = this.added.slice(this.announced);
    this.announced = this.added.length;
    return taken;
  }

  /** The outputs to deliver now; from here on they count as delivered. */
  takeUndelivered(): readonly Emission[] {
    const taken = this.undelivered;
    this.undelivered = [];
    this.delivered += taken.length;
    if (taken.length > 0) this.touched = true;
    return taken;
  }

  outputRows(): OutputRow[] {
    return this.added.map(({ pin, value }, index) => ({
      id: this.id,
      ordinal: this.emittedBefore + index,
      pin,
      value,
    }));
  }

  row(): { insert: NodeInsert } | { update: NodeUpdate } | null {
    if (!this.touched) return null;
    const row = {
      id: this.id,
      endReason: this.endReason,
      placement: this.placement,
      error: this.error,
      charge: this.charge || undefined,
      missingPins: this.missingPins,
      childExecutionId: this.newChildId,
      map: this.map,
      iteration: this.iteration,
      hostId: this.newHostId,
      resurrects: this.resurrects,
      wakeInMs: this.newWakeInMs,
      review: this.review,
      wakesLeft: this.wakesLeft ?? undefined,
      emitted: this.added.length,
      delivered: this.delivered,
      closed: this.closed,
      queued: this.queued,
      started: this.started,
      ended: this.ended,
    } satisfies NodeRow;
    const { status, inputs, nodeId, found } = this;
    if (found === null)
      return { insert: Object.assign(row, { status, inputs, nodeId, blockId: this.compiled.block.id }) };
    if (status !== found && !legalMoves[status].some((from) => from === found))
      throw new Error(`${found} cannot become ${status}`);
    const frozen = found === "INCOMPLETE" || this.edited ? { inputs } : {};
    // Where only deliveries are noted, a nested graph may have told its end meanwhile: its status is not ours to write.
    const from = ["RUNNING", "WAITING", ...terminalStatuses] as const;
    const change = status === found ? { from } : { status, from: [found] };
    return { update: Object.assign(row, frozen, change) };
  }
}
