import type { BlockRegistry, InlineBlock, WaitBlock } from "../blocks/block";
import { isBlockFailure } from "../blocks/block";
import type { RecordedError } from "../db/schema";
import type { OpenNode, State } from "../db/state";
import type { ChildRow, NodeInsert, NodeUpdate, Relay, Unit } from "../db/step";
import type { CompiledGraph, CompiledNode } from "../graph/compile";
import type { Emission, Limits } from "../graph/definition";
import { deliver, start, type Delivery, type Mint, type Pending, type Waiting } from "../graph/deliver";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import { isObject, type Json, type JsonObject } from "../graph/json";
import { resolveLimits } from "../graph/limits";
import type { EndReason, TerminalStatus } from "../graph/status";
import type { Work } from "../workflows/messages";
import { EventDraft, NodeDraft } from "./draft";
import { isInline, isRemote, isWait } from "./placement";

/** What a caller brings to a step. */
export type Result =
  | {
      readonly kind: "finished";
      readonly id: NodeExecutionId;
      readonly attempt: number;
      readonly status: "COMPLETED" | "FAILED";
      readonly endReason: EndReason;
      readonly emissions: readonly Emission[];
      readonly error: RecordedError | null;
    }
  /** A timer has fired; it counts only if Postgres' clock agrees. */
  | { readonly kind: "woken"; readonly id: NodeExecutionId }
  /** Temporal has given the node up without a result: its attempts were lost or timed out. */
  | {
      readonly kind: "lost";
      readonly id: NodeExecutionId;
      readonly endReason: "lost" | "timed_out";
      readonly message: string;
    };

export type Bounds = {
  /** Inline node executions in one segment. */
  readonly nodes: number;
  /** Milliseconds of inline work; workflows are deaf meanwhile. */
  readonly milliseconds: number;
  /** Bytes of JSON of an inline node's inputs; above it the node runs as an activity. */
  readonly inputBytes: number;
  /** Nested graphs of one execution that run at a time. */
  readonly children: number;
};

export type SegmentDeps = {
  readonly blocks: BlockRegistry;
  readonly mintNode: Mint;
  readonly mintExecution: () => ExecutionId;
  readonly now: () => number;
  readonly bounds: Bounds;
};

/**
 * One segment of an execution, in memory: results are recorded, values delivered, every inline node that is ready is run, and
 * every one that becomes ready by it; nested graphs are admitted, timers armed. `unit()` is what the step then writes, made on
 * the state's version: if another step came between, the segment is thrown away and made again on the new state (inline
 * blocks are pure).
 */
export class Segment {
  /** What became outstanding by this segment. */
  readonly work: Work[] = [];
  /** Work is left that this segment had no room for. */
  more = false;
  ended: { status: TerminalStatus; endReason: EndReason } | null = null;

  private readonly deps: SegmentDeps;
  private readonly graph: CompiledGraph;
  private readonly state: State;
  private readonly events: EventDraft;
  private readonly nodes = new Map<NodeExecutionId, NodeDraft>();
  /** By node, in queue order: its executions in this segment that are not closed. */
  private readonly openOf = new Map<string, NodeDraft[]>();
  private readonly foundUnfed: ReadonlyMap<NodeExecutionId, Waiting>;
  private pending: Pending;
  private readonly inlineQueue: NodeDraft[] = [];
  private readonly childQueue: NodeDraft[] = [];
  private readonly children: ChildRow[] = [];
  private readonly relayed: Emission[] = [];
  private readonly tokens: { id: NodeExecutionId; attempt: number }[] = [];
  private readonly delta = { open: 0, waiting: 0, failed: 0, unhandled: 0 };
  private readonly unhandledNodes = new Set<string>();
  private begun: { firstRunId: string; started: number } | null = null;
  private changed = false;
  /** Under a `self` fence results are kept, but nothing new follows from them. */
  private readonly grows: boolean;

  constructor(deps: SegmentDeps, graph: CompiledGraph, state: State) {
    this.deps = deps;
    this.graph = graph;
    this.state = state;
    this.grows = state.fence === null;
    this.events = new EventDraft(state.id);
    this.foundUnfed = new Map(state.unfed.map((waiting) => [waiting.id, waiting]));
    this.pending = { waiting: groupByNode(state.unfed), lastQueued: new Map(Object.entries(state.lastQueued)) };
    const rows = [...state.undelivered, ...state.asked.filter((row) => !row.closed), ...state.queuedInline];
    for (const row of rows.sort((a, b) => a.queuedSeq - b.queuedSeq)) this.open(this.load(row));
    this.inlineQueue.push(...state.queuedInline.map((row) => this.draft(row.id)));
    this.childQueue.push(...state.queuedChildren.map((row) => this.load(row)));
  }

  /** The first step: QUEUED becomes RUNNING and its starting nodes are ready. */
  begin(firstRunId: string): void {
    this.begun = { firstRunId, started: this.events.add("execution.started") };
    this.apply(start(this.graph, this.state.inputs, this.deps.mintNode));
  }

  /** Answers whether it counts; false: the record says otherwise already (ended, another attempt, not due). */
  record(result: Result): boolean {
    const node = this.nodes.get(result.id);
    if (!node || node.hasEnded) return false;
    if (result.kind === "woken") return this.wake(node);
    if (result.kind === "lost") {
      this.fail(node, result.endReason, { code: result.endReason, message: result.message }, []);
      return true;
    }
    if (node.attempt !== result.attempt) return false;
    this.tokens.push({ id: node.id, attempt: node.attempt });
    if (result.status === "COMPLETED") {
      node.emit(result.emissions);
      this.end(node, "COMPLETED", "finished");
    } else {
      this.fail(node, result.endReason, result.error ?? { code: "node_failed", message: "" }, result.emissions);
    }
    return true;
  }

  /** Runs until nothing more can be done in this process, or a bound is reached. */
  run(): void {
    for (const nodeId of [...this.openOf.keys()]) this.flush(nodeId);
    const deadline = this.deps.now() + this.deps.bounds.milliseconds;
    let ran = 0;
    while (this.grows && (this.inlineQueue.length > 0 || this.childQueue.length > 0)) {
      const node = this.inlineQueue.shift();
      if (node) {
        if (ran++ >= this.deps.bounds.nodes || this.deps.now() > deadline) {
          this.inlineQueue.unshift(node);
          this.more = true;
          break;
        }
        this.runInline(node);
      } else if (!this.admitNextChild()) {
        break;
      }
    }
    if (this.state.queuedInline.length > 0 && this.inlineQueue.length > 0) this.more = true;
    this.finishIfDone();
  }

  /** null: nothing to write. */
  unit(): Unit | null {
    const rows = [...this.nodes.values()].map((node) => ({ node, row: node.row() }));
    const inserts: NodeInsert[] = [];
    const updates: NodeUpdate[] = [];
    for (const { row } of rows) {
      if (row && "insert" in row) inserts.push(row.insert);
      else if (row) updates.push(row.update);
    }
    if (!this.ended) this.keepUnfed(inserts, updates);
    const status = this.ended?.status ?? this.liveStatus();
    const relay = this.relay();
    if (!this.changed && !this.begun && inserts.length + updates.length === 0) return null;
    return {
      executionId: this.state.id,
      kind: this.grows ? "grow" : "settle",
      version: this.state.version,
      tokens: this.tokens,
      execution: {
        status: status === this.state.status ? undefined : status,
        endReason: this.ended?.endReason,
        error: this.ended?.status === "FAILED" ? this.failure() : undefined,
        firstRunId: this.begun?.firstRunId,
        ...this.delta,
        started: this.begun?.started,
        ended: this.endedEvent,
      },
      inserts,
      updates,
      outputs: [...this.nodes.values()].flatMap((node) => node.outputRows()),
      children: this.children,
      relay,
      events: this.events.rows,
      // The end of a nested graph reaches the parent's workflow by itself; what it emits before needs a poke.
      pokes: relay && !relay.end && this.state.parentId ? [this.state.parentId] : [],
    };
  }

  private endedEvent: number | undefined;
  private relayEnd: Relay["end"];

  private get hasBegun(): boolean {
    return this.begun !== null || this.state.status === "RUNNING" || this.state.status === "WAITING";
  }

  private draft(id: NodeExecutionId): NodeDraft {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`node execution ${id} is not part of this segment`);
    return node;
  }

  private load(row: OpenNode): NodeDraft {
    const compiled = this.graph.nodes.get(row.nodeId);
    if (!compiled) throw new Error(`node "${row.nodeId}" is not in the graph`);
    const node = this.nodes.get(row.id) ?? NodeDraft.fromRecord(compiled, row);
    this.nodes.set(row.id, node);
    return node;
  }

  private open(node: NodeDraft): void {
    const list = this.openOf.get(node.nodeId);
    if (list) list.push(node);
    else this.openOf.set(node.nodeId, [node]);
  }

  private apply(delivery: Delivery): void {
    this.pending = delivery.pending;
    for (const ready of delivery.ready) {
      const compiled = this.graph.nodes.get(ready.nodeId) as CompiledNode;
      const found = this.foundUnfed.has(ready.id) ? "INCOMPLETE" : null;
      const node = NodeDraft.ready(compiled, ready.id, ready.inputs, found);
      this.nodes.set(node.id, node);
      this.queue(node, ready.problem);
    }
  }

  private queue(node: NodeDraft, problem: string | null): void {
    this.delta.open += 1;
    this.open(node);
    node.queued = this.events.add("node.queued", node.id, { nodeId: node.nodeId });
    const wrong = problem ?? missingInput(node);
    if (wrong !== null) return this.fail(node, "node_failed", { code: "invalid_inputs", message: wrong }, []);
    const block = this.deps.blocks.get(node.compiled.block.id);
    if (isWait(block)) this.arm(block, node);
    else if (isInline(block) && this.fitsInline(block, node)) this.inlineQueue.push(node);
    else if (node.compiled.nested) this.childQueue.push(node);
    else this.queueRemote(node);
  }

  private fitsInline(block: InlineBlock, node: NodeDraft): boolean {
    if (JSON.stringify(node.inputs).length > this.deps.bounds.inputBytes) return false;
    return block.fitsInline?.(node.inputs) ?? true;
  }

  private queueRemote(node: NodeDraft): void {
    node.placement = "remote";
    this.work.push(remoteWork(this.deps.blocks, node.compiled, node.id));
  }

  private arm(block: WaitBlock, node: NodeDraft): void {
    try {
      const plan = block.plan(node.inputs);
      node.started = this.events.add("node.waiting", node.id, { nodeId: node.nodeId });
      if (plan.times <= 0) return this.end(node, "COMPLETED", "finished");
      node.status = "WAITING";
      node.newWakeInMs = plan.delayMs;
      node.wakesLeft = plan.times;
      this.delta.waiting += 1;
      this.work.push({ kind: "wait", id: node.id, label: labelOf(node.compiled), delayMs: plan.delayMs });
    } catch (error) {
      this.failWith(node, error);
    }
  }

  private wake(node: NodeDraft): boolean {
    const block = this.deps.blocks.get(node.compiled.block.id);
    if (node.status !== "WAITING" || !isWait(block)) return false;
    if (node.wakeInMs !== null && node.wakeInMs > 0) {
      this.work.push({ kind: "wait", id: node.id, label: labelOf(node.compiled), delayMs: node.wakeInMs });
      return false;
    }
    const plan = block.plan(node.inputs);
    node.emit(plan.emissions);
    node.wakesLeft = (node.wakesLeft ?? 1) - 1;
    if (node.wakesLeft <= 0) {
      this.end(node, "COMPLETED", "finished");
    } else {
      node.newWakeInMs = plan.delayMs;
      for (const emission of plan.emissions) this.outputEvent(node, emission);
      this.work.push({ kind: "wait", id: node.id, label: labelOf(node.compiled), delayMs: plan.delayMs });
    }
    return true;
  }

  private runInline(node: NodeDraft): void {
    const block = this.deps.blocks.get(node.compiled.block.id);
    node.started = this.events.add("node.started", node.id, { nodeId: node.nodeId });
    try {
      if (!isInline(block)) throw new Error(`block ${node.compiled.block.name} does not run inline`);
      node.emit(block.run(node.inputs));
      this.end(node, "COMPLETED", "finished");
    } catch (error) {
      this.failWith(node, error);
    }
    this.flush(node.nodeId);
  }

  private failWith(node: NodeDraft, error: unknown): void {
    const recorded = recordedError(error);
    this.fail(node, "node_failed", recorded, isBlockFailure(error) ? error.emitted : []);
  }

  private fail(node: NodeDraft, endReason: EndReason, error: RecordedError, emitted: readonly Emission[]): void {
    const { inputSchema: _, outputSchema, nested, block } = node.compiled;
    node.error = error;
    node.emit(emitted);
    const hasErrorPin = nested ? !Object.hasOwn(outputSchema.properties, "error") : block.errorPin;
    if (hasErrorPin) node.emit([{ pin: "error", value: error.message || error.code }]);
    this.end(node, "FAILED", endReason);
  }

  private end(node: NodeDraft, status: "COMPLETED" | "FAILED", endReason: EndReason): void {
    for (const emission of node.added) this.outputEvent(node, emission);
    if (node.status === "WAITING") this.delta.waiting -= 1;
    node.status = status;
    node.endReason = endReason;
    node.touch();
    const data: JsonObject =
      status === "FAILED" ? { nodeId: node.nodeId, code: node.error?.code ?? null } : { nodeId: node.nodeId };
    node.ended = this.events.add(status === "FAILED" ? "node.failed" : "node.completed", node.id, data);
    if (node.started === undefined && node.found !== "RUNNING" && node.found !== "WAITING") node.started = node.ended;
    this.changed = true;
  }

  private outputEvent(node: NodeDraft, { pin, value }: Emission): void {
    this.events.add("node.output", node.id, { nodeId: node.nodeId, pin, ...preview(value) });
  }

  /** Delivers what a node's executions have emitted, in their order: a later one waits until the older ones have ended. */
  private flush(nodeId: string): void {
    const list = this.openOf.get(nodeId);
    const ordered = this.graph.nodes.get(nodeId)?.node.ordered !== false;
    const oldestLive =
      ordered && Object.hasOwn(this.state.oldestLive, nodeId) ? (this.state.oldestLive[nodeId] as number) : Infinity;
    while (list && list.length > 0) {
      const index = ordered ? 0 : list.findIndex((node) => node.hasEnded || node.undelivered.length > 0);
      const node = list[index];
      if (!node || node.queuedSeq > oldestLive) return;
      for (const emission of node.takeUndelivered()) {
        if (this.grows) this.apply(deliver(this.graph, this.pending, nodeId, emission, this.deps.mintNode));
      }
      if (!node.hasEnded) return;
      list.splice(index, 1);
      this.close(node);
    }
  }

  private close(node: NodeDraft): void {
    node.closed = true;
    node.touch();
    this.delta.open -= 1;
    if (node.status === "FAILED") {
      this.delta.failed += 1;
      if (!this.isHandled(node.nodeId)) {
        this.delta.unhandled += 1;
        this.unhandledNodes.add(node.nodeId);
      }
    }
    if (node.compiled.block.role === "output" && node.status === "COMPLETED") this.collectOutput(node);
  }

  private isHandled(nodeId: string): boolean {
    return (this.graph.linksFrom.get(nodeId) ?? []).some((link) => link.sourceName === "error");
  }

  private collectOutput(node: NodeDraft): void {
    const name = node.inputs["name"];
    for (const { pin, value } of node.added) {
      if (pin !== "output" || typeof name !== "string") continue;
      this.relayed.push({ pin: name, value });
      const { parentId, parentNodeExecutionId } = this.state;
      if (parentId && parentNodeExecutionId) {
        this.events.add("node.output", parentNodeExecutionId, { pin: name, ...preview(value) }, parentId);
      }
    }
  }

  /** false: the window is full, the rest stays QUEUED. */
  private admitNextChild(): boolean {
    if (this.state.runningChildren + this.children.length >= this.deps.bounds.children) return false;
    const node = this.childQueue.shift();
    const nested = node?.compiled.nested;
    if (!node || !nested) return false;
    const limits = resolveLimits({}, this.state.limits as Limits);
    if (this.state.depth + 1 > limits.depth) {
      this.refuseChild(node, `limit depth: a nested graph at depth ${this.state.depth + 1} would pass ${limits.depth}`);
    } else if (this.state.childExecutions + this.children.length + 1 > limits.children) {
      this.refuseChild(node, `limit children: this execution may start at most ${limits.children} nested graphs`);
    } else {
      this.admit(node, nested);
    }
    return true;
  }

  private refuseChild(node: NodeDraft, message: string): void {
    this.fail(node, "limit_exceeded", { code: "limit_exceeded", message }, []);
    this.flush(node.nodeId);
  }

  private admit(node: NodeDraft, nested: NonNullable<CompiledNode["nested"]>): void {
    const inputs = childInputs(node, nested.inputSchema.properties);
    const missing = nested.inputSchema.required.filter((name) => !Object.hasOwn(inputs, name));
    if (missing.length > 0) {
      this.fail(
        node,
        "node_failed",
        { code: "invalid_inputs", message: `the nested graph misses ${missing.join(", ")}` },
        [],
      );
      return this.flush(node.nodeId);
    }
    const id = this.deps.mintExecution();
    node.status = "RUNNING";
    node.newChildId = id;
    node.touch();
    node.started = this.events.add("node.started", node.id, { nodeId: node.nodeId });
    this.events.add("child.started", node.id, { nodeId: node.nodeId, childExecutionId: id });
    const queued = this.events.add("execution.queued", undefined, undefined, id);
    this.children.push({
      id,
      parentNodeExecutionId: node.id,
      graphId: nested.graphId,
      graphVersion: nested.version,
      inputs,
      queued,
    });
    const { rootId } = this.state;
    this.work.push({
      kind: "child",
      id: node.id,
      label: labelOf(node.compiled),
      executionId: id,
      rootId,
      graphId: nested.graphId,
    });
  }

  private liveStatus(): "RUNNING" | "WAITING" {
    const open = this.state.open + this.delta.open;
    return open > 0 && open === this.state.waiting + this.delta.waiting ? "WAITING" : "RUNNING";
  }

  /** Nothing ready, running or waiting: the execution ends in this very step. */
  private finishIfDone(): void {
    if (this.state.open + this.delta.open > 0 || this.inlineQueue.length + this.childQueue.length > 0) return;
    if (!this.grows || !this.hasBegun) return;
    this.settleUnfed();
    const failed = this.state.unhandledFailures + this.delta.unhandled > 0;
    this.ended = failed
      ? { status: "FAILED", endReason: "node_failed" }
      : { status: "COMPLETED", endReason: "finished" };
    this.endedEvent = this.events.add(failed ? "execution.failed" : "execution.completed", undefined, {
      endReason: this.ended.endReason,
    });
    const { parentId, parentNodeExecutionId } = this.state;
    if (!parentId || !parentNodeExecutionId) return;
    const data = { childExecutionId: this.state.id, endReason: this.ended.endReason };
    this.events.add("child.ended", parentNodeExecutionId, data, parentId);
    const ended = this.events.add(failed ? "node.failed" : "node.completed", parentNodeExecutionId, data, parentId);
    this.relayEnd = {
      ...this.ended,
      error: failed ? { ...this.failure(), childExecutionId: this.state.id } : null,
      ended,
    };
  }

  private settleUnfed(): void {
    for (const waiting of [...this.pending.waiting.values()].flat()) {
      const compiled = this.graph.nodes.get(waiting.nodeId) as CompiledNode;
      const node = NodeDraft.ready(
        compiled,
        waiting.id,
        waiting.inputs,
        this.foundUnfed.has(waiting.id) ? "INCOMPLETE" : null,
      );
      const missing = compiled.linkedPins.filter((pin) => !Object.hasOwn(waiting.inputs, pin));
      node.status = "TERMINATED";
      node.endReason = "unfed";
      node.missingPins = missing;
      node.closed = true;
      node.ended = this.events.add("node.terminated", node.id, {
        nodeId: node.nodeId,
        endReason: "unfed",
        missingPins: missing,
      });
      this.nodes.set(node.id, node);
    }
  }

  private keepUnfed(inserts: NodeInsert[], updates: NodeUpdate[]): void {
    for (const waiting of [...this.pending.waiting.values()].flat()) {
      const found = this.foundUnfed.get(waiting.id);
      if (found === waiting) continue;
      const { block, node } = this.graph.nodes.get(waiting.nodeId) as CompiledNode;
      const fields = {
        id: waiting.id,
        inputs: waiting.inputs,
        emitted: 0,
        closed: false,
        status: "INCOMPLETE",
      } as const;
      if (found) updates.push({ ...fields, from: ["INCOMPLETE"] });
      else inserts.push({ ...fields, nodeId: node.id, blockId: block.id, placement: block.placement });
    }
  }

  private failure(): RecordedError {
    const unhandled = [...this.state.failedNodes.filter((id) => !this.isHandled(id)), ...this.unhandledNodes];
    const nodes = [...new Set(unhandled)];
    const names = nodes.map((id) => `"${this.graph.nodes.get(id)?.node.label ?? id}"`);
    return { code: "node_failed", message: `failed and nobody handled it: ${names.join(", ")}`, nodes };
  }

  private relay(): Relay | null {
    const id = this.state.parentNodeExecutionId;
    if (!id || (this.relayed.length === 0 && !this.relayEnd)) return null;
    const outputs = [...this.relayed];
    const failed = this.relayEnd?.status === "FAILED" ? this.relayEnd.error : null;
    if (failed && !this.definesOutput("error")) outputs.push({ pin: "error", value: failed.message });
    return { id, outputs, end: this.relayEnd };
  }

  private definesOutput(name: string): boolean {
    return [...this.graph.nodes.values()].some(
      ({ block, node }) => block.role === "output" && node.constants["name"] === name,
    );
  }
}

/** Values up to this many bytes of JSON are shown in events; larger ones are read from the node execution. */
const previewBytes = 1_024;

function preview(value: Json): JsonObject {
  const bytes = JSON.stringify(value).length;
  return bytes <= previewBytes ? { value } : { bytes };
}

export function labelOf({ node, block }: CompiledNode): string {
  return node.label ?? block.name;
}

const halfAnHour = 30 * 60_000;

export function remoteWork(blocks: BlockRegistry, compiled: CompiledNode, id: NodeExecutionId): Work {
  const block = blocks.get(compiled.block.id);
  const { attempts = 1, timeoutMs = halfAnHour } = isRemote(block) ? block : {};
  return { kind: "remote", id, label: labelOf(compiled), block: compiled.block.name, timeoutMs, attempts };
}

function missingInput({ compiled, inputs }: NodeDraft): string | null {
  if (compiled.nested) return null; // its required inputs are checked when it is admitted
  const missing = compiled.inputSchema.required.filter((pin) => !Object.hasOwn(inputs, pin));
  return missing.length > 0 ? `required input missing: ${missing.join(", ")}` : null;
}

/** Linked values over the constant `inputs`, kept to the nested graph's own pins. */
function childInputs(node: NodeDraft, pins: { readonly [pin: string]: unknown }): JsonObject {
  const constant = node.inputs["inputs"];
  const given = Object.entries(node.inputs).filter(([pin]) => Object.hasOwn(pins, pin) && !executorPins.has(pin));
  return { ...(isObject(constant) ? constant : {}), ...Object.fromEntries(given) };
}

const executorPins = new Set(["inputs", "graphId", "graphVersion", "inputSchema", "outputSchema"]);

export function recordedError(error: unknown): RecordedError {
  if (isBlockFailure(error)) return { code: error.code, message: error.message };
  return { code: "block_error", message: error instanceof Error ? error.message : String(error) };
}

function groupByNode(rows: readonly Waiting[]): Map<string, Waiting[]> {
  const groups = new Map<string, Waiting[]>();
  for (const row of rows) {
    const group = groups.get(row.nodeId);
    if (group) group.push(row);
    else groups.set(row.nodeId, [row]);
  }
  return groups;
}
