import type { Usage } from "../blocks/block";
import type { NodeInsert, NodeRow, NodeUpdate, EventOrdinal, OutputRow } from "../db/step";
import { freshNode, type OpenNode } from "../db/state";
import type { RecordedError } from "../db/schema";
import type { Placement } from "../graph/block";
import type { CompiledNode } from "../graph/compile";
import type { Emission } from "../graph/definition";
import type { NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import { isTerminal, legalMoves, terminalStatuses, type EndReason, type Status } from "../graph/status";

/** What the record had of it that a segment does not change. */
type Recorded = Pick<OpenNode, "attempt" | "queuedSeq" | "wakeInMs" | "reserved" | "emitted" | "delivered" | "outputs">;

const notRecorded: Recorded = { ...freshNode, attempt: 0, queuedSeq: Infinity };

/** What the step writes of few node executions only. */
type Rare = Pick<
  NodeRow,
  "missingPins" | "childExecutionId" | "iteration" | "hostId" | "resurrects" | "wakeInMs" | "review" | "map"
>;

const nothingRare: Rare = {};

/**
 * A node execution while a segment works on it; `row` says at the end what the step writes of it. A segment makes thousands:
 * with a field for each thing that few of them have, making them was a quarter of a segment's time.
 */
export class NodeDraft {
  readonly id: NodeExecutionId;
  readonly compiled: CompiledNode;
  /** Its status in the record; null while it has no row. */
  readonly found: Status | null;
  inputs: JsonObject;
  status: Status;
  placement: Placement;
  endReason: EndReason | undefined;
  error: RecordedError | undefined;
  /** What its code has used, once that has run. */
  used: Usage | undefined;
  charge = 0;
  wakesLeft: number | null;
  closed = false;
  queued: EventOrdinal | undefined;
  started: EventOrdinal | undefined;
  ended: EventOrdinal | undefined;
  rare = nothingRare;
  private readonly record: Recorded;
  /** Recorded but not delivered at first, oldest first; those this segment adds are at the end. */
  private readonly emissions: Emission[];
  private announced: number;
  private taken = 0;
  private touched = false;
  private edited = false;

  private constructor(
    compiled: CompiledNode,
    { id, inputs }: Pick<OpenNode, "id" | "inputs">,
    found: Status | null,
    row: OpenNode | null,
  ) {
    this.id = id;
    this.compiled = compiled;
    this.found = found;
    this.inputs = inputs;
    this.status = row?.status ?? "QUEUED";
    this.placement = row?.placement ?? compiled.block.placement;
    this.error = row?.error ?? undefined;
    this.wakesLeft = row?.wakesLeft ?? null;
    this.record = row ?? notRecorded;
    this.emissions = [...this.record.outputs];
    this.announced = this.emissions.length;
  }

  static fromRecord(compiled: CompiledNode, row: OpenNode): NodeDraft {
    return new NodeDraft(compiled, row, row.status, row);
  }

  /** One that becomes ready now; `found` is INCOMPLETE if links had begun to feed it in an earlier step. */
  static ready(compiled: CompiledNode, id: NodeExecutionId, inputs: JsonObject, found: "INCOMPLETE" | null): NodeDraft {
    const draft = new NodeDraft(compiled, { id, inputs }, found, null);
    draft.touched = true;
    return draft;
  }

  get nodeId(): string {
    return this.compiled.node.id;
  }

  get attempt(): number {
    return this.record.attempt;
  }

  /** Infinity for those queued in this segment: they come after all that the record has queued. */
  get queuedSeq(): number {
    return this.record.queuedSeq;
  }

  get wakeInMs(): number | null {
    return this.record.wakeInMs;
  }

  get reserved(): number {
    return this.record.reserved;
  }

  /** What this segment adds to its outputs. */
  get added(): readonly Emission[] {
    const { length } = this.record.outputs;
    return length === 0 ? this.emissions : this.emissions.slice(length);
  }

  /** All that it has emitted. */
  get outputs(): number {
    return this.record.emitted + this.added.length;
  }

  /** Values it has emitted in all; that it failed is none. */
  get items(): number {
    return this.record.emitted + this.added.filter(({ pin }) => pin !== "error").length;
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

  emit(emission: Emission): void {
    this.emissions.push(emission);
    this.touched = true;
  }

  /** The step writes these too. */
  note(rare: Rare): void {
    this.rare = { ...this.rare, ...rare };
  }

  /** The oldest output that has no event yet; from here on it counts as having one. */
  nextUnannounced(): Emission | undefined {
    return this.announced < this.emissions.length ? this.emissions[this.announced++] : undefined;
  }

  get hasUndelivered(): boolean {
    return this.taken < this.emissions.length;
  }

  /** The output to deliver now; from here on it counts as delivered. */
  nextUndelivered(): Emission | undefined {
    if (!this.hasUndelivered) return undefined;
    this.touched = true;
    return this.emissions[this.taken++];
  }

  outputRows(): OutputRow[] {
    const { id, record } = this;
    return this.added.map(({ pin, value }, index) => ({ id, ordinal: record.emitted + index, pin, value }));
  }

  row(): { insert: NodeInsert } | { update: NodeUpdate } | null {
    if (!this.touched) return null;
    const row = {
      id: this.id,
      endReason: this.endReason,
      placement: this.placement,
      error: this.error,
      charge: this.charge || undefined,
      wakesLeft: this.wakesLeft ?? undefined,
      emitted: this.emissions.length - this.record.outputs.length,
      delivered: this.record.delivered + this.taken,
      closed: this.closed,
      queued: this.queued,
      started: this.started,
      ended: this.ended,
    } satisfies NodeRow;
    Object.assign(row, this.rare);
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
