import {
  isBlockFailure,
  type BlockRegistry,
  type InlineBlock,
  type ReviewBlock,
  type WaitBlock,
} from "../blocks/block";
import { enclose, encloseEach } from "../db/blobs";
import type { StartedNode } from "../db/nodes";
import type { RecordedError } from "../db/schema";
import type { BudgetStop, SelfStop } from "../db/self-stop";
import { freshNode, freshState, type Answered, type OpenNode, type State } from "../db/state";
import type { ReviewRow, Unit } from "../db/step";
import type { CompiledGraph, CompiledNode } from "../graph/compile";
import { chargeOf, estimateOf } from "../graph/cost";
import type { Emission, NestedGraph, NodeMap } from "../graph/definition";
import { isDetached } from "../graph/detached";
import { openPlanner, start, type Mint, type Planner, type Ready, type Waiting } from "../graph/deliver";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import { largeFrom, largesIn, NotLoaded, open, openInputs } from "../graph/large";
import { childMasks } from "../graph/masks";
import { isObject, type Json, type JsonObject } from "../graph/json";
import { childInputs, missingChildInputs } from "../graph/nested";
import { fitsSurely } from "../graph/size";
import type { EndReason } from "../graph/status";
import { itemWorkId, type RemoteWork, type Work } from "../workflows/messages";
import { Allowance, type ChildRefusal } from "./allowance";
import { MapRun } from "./map-run";
import { NodeDraft } from "./node-draft";
import { bytesOf, findWrong, labelOf, recordedError, remoteWork } from "./node-facts";
import { isInline, isReview, isWait } from "./placement";
import type { Bounds, Result } from "./result";
import { UnitDraft } from "./unit-draft";

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
  private isStreaming = false;

  private readonly deps: SegmentDeps;
  private readonly graph: CompiledGraph;
  private readonly state: State;
  private readonly draft: UnitDraft;
  private readonly allowance: Allowance;
  private planner: Planner;
  /** Under a `self` fence results are kept, but nothing new follows from them; under a hold, not yet: nor are they delivered. */
  private readonly grows: boolean;
  /** By node, in queue order: its executions in this segment that are not closed. */
  private readonly openOf = new Map<string, NodeDraft[]>();
  /** Nodes with something to deliver. A queue, not a call: a loop of nodes must not become a recursion. */
  private readonly toFlush = new Set<string>();
  private readonly answers: readonly { readonly node: NodeDraft; readonly answer: Answered }[];
  private readonly inlineQueue: NodeDraft[];
  private readonly childQueue: NodeDraft[];
  private readonly maps: MapRun[];

  constructor(deps: SegmentDeps, graph: CompiledGraph, state: State) {
    this.deps = deps;
    this.graph = graph;
    this.state = state;
    this.grows = state.fence === null && !state.held;
    this.draft = new UnitDraft(graph, state);
    this.allowance = new Allowance(state, (nodeId) => labelOf(this.draft.compiled(nodeId)));
    const pending = { waiting: groupByNode(state.unfed), lastQueued: new Map(Object.entries(state.lastQueued)) };
    this.planner = openPlanner(graph, pending, this.mint, state.masks);
    // One that is asked for may have been answered too: it is one draft.
    const load = (row: OpenNode) =>
      this.draft.node(row.id) ?? this.draft.keep(NodeDraft.fromRecord(this.draft.compiled(row.nodeId), row));
    const recorded = [...state.undelivered, ...state.asked.filter((row) => !row.closed)].map(load);
    this.inlineQueue = state.queuedInline.map(load);
    this.childQueue = state.queuedChildren.map(load);
    this.answers = state.answered.map(({ node, answer }) => ({ node: load(node), answer }));
    this.maps = state.maps.map(({ node, ...found }) => new MapRun(load(node), found.items, found));
    const waiting = [...this.answers, ...this.maps].map(({ node }) => node);
    const found = new Set([...recorded, ...waiting, ...this.inlineQueue, ...this.childQueue]);
    const inOrder = [...found].sort((a, b) => a.queuedSeq - b.queuedSeq);
    for (const node of inOrder) this.open(node);
    for (const node of recorded) this.toFlush.add(node.nodeId);
    for (const node of recorded) if (node.status === "FAILED") this.draft.failed(node);
  }

  /** Run-on: the remote node that follows, if it is one and alone. Call after `run`. */
  get follower(): RemoteWork | null {
    const [only] = this.work;
    if (this.more || this.work.length !== 1 || only?.kind !== "remote") return null;
    return this.draft.ended || this.isStopped ? null : only;
  }

  /**
   * The activity of `hostId` goes on with the follower. It is started in this very step; null where its start needs one of its
   * own (start_nodes), which reserves of a budget or looks for what a rerun takes over.
   */
  host({ id }: RemoteWork, hostId: NodeExecutionId): StartedNode | null {
    const node = this.draft.node(id);
    if (!node) throw new Error(`no node execution ${id} in this segment`);
    node.note({ hostId });
    const isNew = node.found === null || node.found === "INCOMPLETE";
    if (!isNew || this.state.isRerun || this.state.tree.budget !== null) return null;
    const { nodeId, inputs } = node;
    const attempt = 1;
    node.status = "RUNNING";
    node.started = this.draft.event("node.started", id, { nodeId, attempt });
    return { id, because: null, attempt, nodeId, inputs, emitted: 0, reused: null };
  }

  /**
   * The state that `unit` leaves where nothing is open but the node that is gone on with: the next plan needs no query, for
   * if another step comes between, its version is not the record's. null: the record has to be asked.
   */
  after(unit: Unit, { id, nodeId, inputs, attempt }: StartedNode): State | null {
    const { state, draft, planner } = this;
    const { open, unhandled } = draft.delta;
    if (state.open + open !== 1 || state.unhandledFailures + unhandled !== 0) return null;
    const rows = unit.inserts.length;
    const { tree } = state;
    return {
      ...freshState(state),
      version: state.version + 1,
      status: "RUNNING",
      open: 1,
      waiting: 0,
      // Nested graphs that it has started are detached: of any other the node would be open.
      detachedExecutions: state.detachedExecutions + draft.children.length,
      nodeExecutions: state.nodeExecutions + rows,
      tree: { ...tree, nodeExecutions: tree.nodeExecutions + rows, charge: tree.charge + draft.delta.charge },
      unfed: this.unfed(),
      asked: [runningNode(id, nodeId, inputs, attempt)],
      autoApproved: state.autoApproved,
      lastQueued: Object.fromEntries(planner.pending().lastQueued),
      iterations: null,
    };
  }

  get ended(): UnitDraft["ended"] {
    return this.draft.ended;
  }

  /** What it has run into stops the execution, or one above it: the unit ends with a fence. */
  get isStopped(): boolean {
    return this.stop !== null;
  }

  /** The plan needs a state read with `exact`. */
  get isUnsure(): boolean {
    return this.allowance.isUnsure;
  }

  /** null: nothing to write. */
  unit(): Unit | null {
    // The activity of a node that goes on running answers its workflow later.
    this.draft.pokesSelf = this.isStreaming && (this.more || this.work.length > 0);
    return this.draft.unit(this.grows ? "grow" : "settle", this.unfed(), this.stop);
  }

  /** The first step: QUEUED becomes RUNNING and its starting nodes are ready. */
  begin(firstRunId: string): void {
    this.draft.begin(firstRunId);
    const { inputs, masks } = this.state;
    const { pending, ready } = start(this.graph, inputs, this.mint, masks);
    this.planner = openPlanner(this.graph, pending, this.mint, masks);
    this.queueAll(ready);
  }

  /** Answers whether it counts; false: the record says otherwise already (ended, another attempt, not due). */
  record(result: Result): boolean {
    const node = this.draft.node(result.id);
    if (!node || node.hasEnded) return false;
    if (result.kind === "woken") return this.wake(node);
    if (result.kind === "lost") {
      this.fail(node, result.endReason, { code: result.endReason, message: result.message });
      return true;
    }
    if (node.attempt !== result.attempt) return false;
    this.draft.tokens.push({ id: node.id, attempt: node.attempt });
    if (result.kind === "emitted") {
      if (node.outputs <= result.after) this.emit(node, result.emissions);
      return !node.hasEnded; // nothing it emits after this would count
    }
    node.used = result.used;
    if (result.status === "COMPLETED") {
      this.complete(node, result.emissions);
    } else {
      this.fail(node, result.endReason, result.error ?? { code: result.endReason, message: "" }, result.emissions);
    }
    return true;
  }

  /** Runs until nothing more can be done in this process, or a bound is reached. */
  run(): void {
    const { bounds, now } = this.deps;
    const deadline = now() + bounds.milliseconds;
    if (this.grows) for (const { node, answer } of this.answers) if (!node.hasEnded) this.answer(node, answer);
    if (!this.state.held) for (const map of this.maps) this.endMap(map);
    for (let acts = 0; this.act(); acts++) {
      if (acts >= bounds.nodes * 2 || now() > deadline) {
        this.more = true;
        break;
      }
    }
    // As much was read as there is room for, and it is used up: the record may hold more.
    const usedUp = (read: number, bound: number, left: number) => read >= bound && left === 0;
    const { queuedInline, queuedChildren } = this.state;
    if (usedUp(queuedInline.length, bounds.nodes, this.inlineQueue.length)) this.more = true;
    if (usedUp(queuedChildren.length, bounds.children, this.childQueue.length)) this.more = true;
    if (this.allowance.exhausted ?? this.allowance.stop) return; // what is left ends with the fence
    const failed = this.stop !== null;
    if (failed) this.closeFailed();
    const isLive = this.draft.begun !== null || this.state.status === "RUNNING" || this.state.status === "WAITING";
    if (this.grows && isLive && (failed || !this.hasWork()) && this.state.open + this.draft.delta.open === 0) {
      if (failed || !this.resurrect()) this.draft.end(this.unfed(), this.planner.missing);
    }
  }

  /** Where all that has failed may pass it goes on, if its graph asks for it: no other count of it starts anew. */
  private resurrect(): boolean {
    const failed = this.draft.failuresToPass();
    if (failed.length === 0 || !this.allowance.leaves(failed.length)) return false;
    for (const node of this.draft.resurrect(failed, this.mint)) {
      this.open(node);
      this.work.push({
        kind: "wait",
        id: node.id,
        label: labelOf(node.compiled),
        delayMs: node.rare.wakeInMs ?? 0,
      });
    }
    return true;
  }

  /** Where a failure is the end its outputs go nowhere, but it counts. */
  private closeFailed(): void {
    for (const node of [...this.openOf.values()].flat()) if (node.status === "FAILED") this.draft.close(node);
  }

  private hasWork(): boolean {
    return this.toFlush.size + this.inlineQueue.length > 0;
  }

  /** One thing to do; false: there is none. Deliveries first, so that a later execution of a node finds its inputs. */
  private act(): boolean {
    if (this.state.held || this.stop || this.isUnsure) return false;
    const [nodeId] = this.toFlush;
    if (nodeId !== undefined) {
      this.toFlush.delete(nodeId);
      this.flush(nodeId);
      return true;
    }
    if (!this.grows) return false;
    const node = this.inlineQueue.shift();
    if (node) {
      this.runInline(node);
      return true;
    }
    return this.admitNextItem() || this.admitNextChild();
  }

  private unfed(): Waiting[] {
    const waiting = [...this.planner.pending().waiting.values()].flat();
    return this.allowance.stop ? waiting.filter(({ id }) => !this.allowance.isRefused(id)) : waiting;
  }

  private readonly mint = (): NodeExecutionId => {
    const id = this.deps.mintNode();
    this.allowance.count(id);
    return id;
  };

  private get stop(): SelfStop | BudgetStop | null {
    if (this.allowance.exhausted) return this.allowance.exhausted;
    if (!this.grows) return null;
    return this.allowance.stop ?? (this.draft.ended ? null : this.draft.failure);
  }

  private open(node: NodeDraft): void {
    const list = this.openOf.get(node.nodeId);
    if (list) list.push(node);
    else this.openOf.set(node.nodeId, [node]);
  }

  private queueAll(ready: readonly Ready[]): void {
    for (const { nodeId, id, inputs, problem } of ready) {
      if (this.allowance.isRefused(id) || !this.allowance.iterates(nodeId)) continue;
      const node = this.draft.ready(nodeId, id, encloseEach(this.state.ownerId, inputs));
      const iteration = this.allowance.iteration(nodeId);
      if (iteration !== undefined) node.note({ iteration });
      this.queue(node, problem);
    }
  }

  private queue(node: NodeDraft, problem: string | null): void {
    const { compiled } = node;
    this.draft.delta.open += 1;
    this.open(node);
    node.queued = this.draft.event("node.queued", node.id, { nodeId: node.nodeId });
    if (problem !== null) return this.fail(node, "node_failed", { code: "invalid_inputs", message: problem });
    const block = this.deps.blocks.get(compiled.block.id);
    if (isReview(block)) return this.ask(block, node);
    if (compiled.block.sensitive && this.graph.settings.safeMode) return this.askFirst(node);
    this.place(node);
  }

  private place(node: NodeDraft): void {
    const { compiled } = node;
    const block = this.deps.blocks.get(compiled.block.id);
    node.placement = compiled.block.placement;
    if (isWait(block)) return this.arm(block, node);
    if (isInline(block) && this.fitsInline(block, node)) return void this.inlineQueue.push(node);
    if (compiled.nested) return void this.childQueue.push(node);
    node.placement = "remote";
    this.work.push(remoteWork(this.deps.blocks, compiled, node.id));
  }

  private fitsInline(block: InlineBlock, { inputs }: NodeDraft): boolean {
    const { inputBytes } = this.deps.bounds;
    const carried = block.carries?.(inputs) ?? [];
    if (!fitsSurely(inputs, Math.min(inputBytes, largeFrom))) {
      const bytes = largesIn(inputs, carried).reduce((sum, large) => sum + large.bytes, 0);
      if (bytes + JSON.stringify(inputs).length > inputBytes) return false;
    }
    return block.fitsInline?.(openInputs(inputs, carried)) ?? true;
  }

  /** Large values become references here, wherever they come from. */
  private give(node: NodeDraft, emissions: readonly Emission[]): void {
    for (const { pin, value } of emissions) node.emit({ pin, value: enclose(this.state.ownerId, value) });
  }

  private arm(block: WaitBlock, node: NodeDraft): void {
    const inputs = openInputs(node.inputs);
    try {
      const { delayMs, times } = block.plan(inputs);
      node.started = this.draft.event("node.waiting", node.id, { nodeId: node.nodeId });
      node.used = {};
      if (times <= 0) return this.end(node, "COMPLETED", "finished");
      node.status = "WAITING";
      this.draft.delta.waiting += 1;
      this.waitFor(node, delayMs, times);
    } catch (error) {
      this.failWith(node, error);
    }
  }

  private waitFor(node: NodeDraft, delayMs: number, times: number): void {
    node.note({ wakeInMs: delayMs });
    node.wakesLeft = times;
    this.work.push({ kind: "wait", id: node.id, label: labelOf(node.compiled), delayMs });
  }

  private ask(block: ReviewBlock, node: NodeDraft): void {
    const inputs = openInputs(node.inputs);
    try {
      const { onTimeout: _onTimeout, ...review } = block.ask(inputs);
      const message = review.kind === "approval" ? this.approves(node) : null;
      if (message !== null) {
        node.started = this.draft.event("node.started", node.id, { nodeId: node.nodeId });
        return this.answer(node, { decision: "approved", hasData: false, data: null, message });
      }
      node.started = this.wait(node, { ...review, payload: enclose(this.state.ownerId, review.payload) });
      if (review.deadlineMs !== null) this.waitFor(node, review.deadlineMs, 1);
    } catch (error) {
      this.failWith(node, error);
    }
  }

  /** It is sensitive: people say whether it may run, and on what. It has not started until they have. */
  private askFirst(node: NodeDraft): void {
    if (this.isApproved(node)) return this.place(node);
    const { compiled, inputs } = node;
    this.wait(node, {
      kind: "action",
      question: `May ${labelOf(compiled)} run?`,
      payload: inputs,
      schema: compiled.block.inputSchema,
      editable: true,
      answerers: [],
      deadlineMs: null,
    });
  }

  private wait(node: NodeDraft, review: ReviewRow): number {
    const waiting = this.draft.event("node.waiting", node.id, { nodeId: node.nodeId });
    const { kind, question } = review;
    this.draft.event("review.requested", node.id, { nodeId: node.nodeId, kind, question });
    node.note({ review });
    node.placement = "wait";
    node.status = "WAITING";
    this.draft.delta.waiting += 1;
    this.draft.reviews = true;
    return waiting;
  }

  /** null: people have to be asked; else what is said instead of them. */
  private approves(node: NodeDraft): string | null {
    if (this.graph.settings.safeMode === false) return "approved by itself: the graph's safe mode is off";
    return this.isApproved(node) ? "approved by itself, as an earlier answer asked for" : null;
  }

  private isApproved(node: NodeDraft): boolean {
    return this.state.autoApproved.includes(node.nodeId);
  }

  private answer(node: NodeDraft, { decision, hasData, data, message }: Answered): void {
    const block = this.deps.blocks.get(node.compiled.block.id);
    const given = hasData ? open(data) : undefined;
    if (!isReview(block)) return this.goOn(node, decision === "approved", given, message);
    const inputs = openInputs(node.inputs);
    node.used = {};
    try {
      this.complete(node, [...block.answered(inputs, { decision, data: given, message })]);
    } catch (error) {
      this.failWith(node, error);
    }
  }

  /** A sensitive node whose people have spoken. */
  private goOn(node: NodeDraft, may: boolean, inputs: Json | undefined, message: string | null): void {
    if (!may)
      return this.fail(node, "node_failed", { code: "rejected", message: message ?? "it was not allowed to run" });
    if (isObject(inputs)) node.edit(encloseEach(this.state.ownerId, inputs));
    this.startAgain(node);
  }

  /** It has waited before its start. */
  private startAgain(node: NodeDraft): void {
    node.status = "QUEUED";
    node.touch();
    this.draft.delta.waiting -= 1;
    this.place(node);
  }

  private timeOut(block: ReviewBlock, node: NodeDraft): void {
    this.draft.reviews = true;
    this.draft.event("review.timed_out", node.id, { nodeId: node.nodeId });
    const emissions = block.ask(openInputs(node.inputs)).onTimeout;
    if (emissions) this.complete(node, emissions);
    else this.fail(node, "timed_out", { code: "timed_out", message: "nobody has answered in time" });
  }

  private wake(node: NodeDraft): boolean {
    if (this.state.held) return false; // it waits on, and fires when it is released
    // People were quicker: `run` gives their answer, or a fence withholds it and ends the node; the timer is done in both.
    if (this.answers.some((one) => one.node === node)) return true;
    const block = this.deps.blocks.get(node.compiled.block.id);
    if (node.status !== "WAITING" || node.wakeInMs === null) return false;
    if (node.wakeInMs !== null && node.wakeInMs > 0) {
      this.work.push({ kind: "wait", id: node.id, label: labelOf(node.compiled), delayMs: node.wakeInMs });
      return false;
    }
    if (isReview(block)) {
      this.timeOut(block, node);
      return true;
    }
    if (!isWait(block)) {
      this.startAgain(node); // after the pause of a resurrection
      return true;
    }
    node.used = {};
    const { delayMs, emissions } = block.plan(openInputs(node.inputs));
    const wakesLeft = (node.wakesLeft ?? 1) - 1;
    this.give(node, emissions);
    if (wakesLeft <= 0) {
      this.end(node, "COMPLETED", "finished");
    } else {
      this.draft.outputEvents(node);
      this.toFlush.add(node.nodeId);
      this.waitFor(node, delayMs, wakesLeft);
    }
    return true;
  }

  private runInline(node: NodeDraft): void {
    const { block: definition } = node.compiled;
    if (this.isCharged(node) && !this.allowance.affords(node.nodeId, estimateOf(definition.cost))) return;
    const block = this.deps.blocks.get(definition.id);
    node.used = {};
    const inputs = openInputs(node.inputs, isInline(block) ? block.carries?.(node.inputs) : []);
    node.started = this.draft.event("node.started", node.id, { nodeId: node.nodeId });
    try {
      if (!isInline(block)) throw new Error(`block ${node.compiled.block.name} does not run inline`);
      this.complete(node, [...block.run(inputs)]);
    } catch (error) {
      this.failWith(node, error);
    }
  }

  /** It goes on running, unless it emits what it may not. */
  private emit(node: NodeDraft, emissions: readonly Emission[]): void {
    const wrong = findWrong(node.compiled, emissions, this.deps.bounds.valueBytes);
    if (wrong) return this.fail(node, "node_failed", wrong.error, emissions.slice(0, wrong.at));
    this.give(node, emissions);
    this.draft.outputEvents(node);
    this.toFlush.add(node.nodeId);
    this.isStreaming = true;
  }

  private complete(node: NodeDraft, emissions: readonly Emission[]): void {
    const wrong = findWrong(node.compiled, emissions, this.deps.bounds.valueBytes);
    if (wrong) return this.fail(node, "node_failed", wrong.error, emissions.slice(0, wrong.at));
    this.give(node, emissions);
    this.end(node, "COMPLETED", "finished");
  }

  private failWith(node: NodeDraft, error: unknown): void {
    if (error instanceof NotLoaded) throw error;
    this.fail(node, "node_failed", recordedError(error), isBlockFailure(error) ? error.emitted : []);
  }

  private fail(node: NodeDraft, endReason: EndReason, error: RecordedError, emitted: readonly Emission[] = []): void {
    node.error = error;
    this.give(node, emitted);
    if (hasErrorPin(node.compiled)) this.give(node, [{ pin: "error", value: error.message || error.code }]);
    this.end(node, "FAILED", endReason);
  }

  private end(node: NodeDraft, status: "COMPLETED" | "FAILED", endReason: EndReason): void {
    this.draft.outputEvents(node);
    if (node.status === "WAITING") this.draft.delta.waiting -= 1;
    node.status = status;
    node.endReason = endReason;
    node.touch();
    this.charge(node);
    const charge = node.charge > 0 ? { charge: node.charge } : {};
    node.ended =
      status === "FAILED"
        ? this.draft.event("node.failed", node.id, { nodeId: node.nodeId, code: node.error?.code ?? null, ...charge })
        : this.draft.event("node.completed", node.id, { nodeId: node.nodeId, ...charge });
    if (node.found === null || node.found === "INCOMPLETE" || node.found === "QUEUED") node.started ??= node.ended;
    this.toFlush.add(node.nodeId);
    if (status === "FAILED") this.draft.failed(node);
  }

  /** Not under a fence; nor what a rerun only runs again because it is pure. */
  private isCharged({ compiled, placement }: NodeDraft): boolean {
    if (compiled.block.cost.length === 0 || this.state.fence) return false;
    return !(placement === "inline" && this.state.isRerun);
  }

  private charge(node: NodeDraft): void {
    this.allowance.free(node.reserved);
    if (!node.used || !this.isCharged(node)) return;
    const { cost } = node.compiled.block;
    const byte = cost.some(({ per }) => per === "byte") ? bytesOf(Object.values(node.inputs)) : 0;
    const charge = chargeOf(cost, { run: 1, byte, item: node.items, ...node.used });
    if (charge === 0) return;
    this.draft.charge(node, charge);
    this.allowance.book(node.nodeId, charge, node.placement === "inline");
  }

  /** Delivers what a node's executions have emitted, in their order: a later one waits until the older ones have ended. */
  private flush(nodeId: string): void {
    const list = this.openOf.get(nodeId) ?? [];
    const ordered = this.graph.nodes.get(nodeId)?.node.ordered !== false;
    const oldestLive =
      (ordered && Object.hasOwn(this.state.oldestLive, nodeId) && this.state.oldestLive[nodeId]) || Infinity;
    for (;;) {
      const index = ordered ? 0 : list.findIndex((node) => node.hasEnded || node.hasUndelivered);
      const node = list[index];
      if (!node || node.queuedSeq > oldestLive) return;
      for (let one = node.nextUndelivered(); one; one = node.nextUndelivered()) {
        if (this.grows) this.queueAll(this.planner.deliver(nodeId, one));
      }
      if (!node.hasEnded) return;
      list.splice(index, 1);
      this.draft.close(node);
    }
  }

  /** false: there is none, or the window is full and the rest stays QUEUED. */
  private admitNextChild(): boolean {
    const [node] = this.childQueue;
    if (!node?.compiled.nested) return false;
    const { bound, children } = this.draft;
    const isBound = !isDetached(node.compiled.node); // a detached one takes no place, neither here nor in the tree
    if (isBound && this.state.runningChildren + bound >= this.deps.bounds.children) return false;
    const refusal = this.allowance.refusesChild(children.length);
    if (!refusal && isBound && !this.allowance.admits(bound)) return false;
    this.childQueue.shift();
    if (refusal) this.refuseChild(node, refusal);
    else if (node.compiled.node.map) this.startMap(node, node.compiled.node.map);
    else this.admit(node, node.compiled.nested);
    return true;
  }

  private startMap(node: NodeDraft, { pin }: NodeMap): void {
    const inputs = childInputs(node.compiled, node.inputs);
    const missing = missingChildInputs(node.compiled, inputs);
    if (missing.length > 0) return this.failMissing(node, missing);
    const list = open(inputs[pin] ?? null);
    if (!Array.isArray(list)) {
      const message = `"${pin}" has to be a list: the nested graph is run for each item of it`;
      return this.fail(node, "node_failed", { code: "invalid_inputs", message });
    }
    // One that cannot come to its end is not begun.
    const refusal = this.allowance.refusesChild(this.draft.children.length + list.length - 1);
    if (refusal) return this.refuseChild(node, refusal);
    this.draft.startMap(node, list.length);
    const map = new MapRun(node, list.length, null);
    this.maps.push(map);
    this.endMap(map);
  }

  /** Where all its items have ended, or one that may not fail has failed. */
  private endMap(map: MapRun): void {
    const { node, emissions, error } = map;
    if (emissions) this.complete(node, emissions);
    else if (error) this.fail(node, "node_failed", error);
    else if (this.grows) this.draft.halts.push(...map.toHalt);
  }

  /** false: no map has room for one, or the window is full; an item that ends asks again. */
  private admitNextItem(): boolean {
    const map = this.maps.find(({ hasNext }) => hasNext);
    const { bound, children } = this.draft;
    if (!map?.node.compiled.nested || this.state.runningChildren + bound >= this.deps.bounds.children) return false;
    const refusal = this.allowance.refusesChild(children.length);
    if (refusal) {
      map.refused = true; // those that run go on, and then it fails
      if (map.running === 0) this.refuseChild(map.node, refusal);
      return true;
    }
    if (!this.allowance.admits(bound)) return false;
    this.admitItem(map, map.node.compiled.nested);
    return true;
  }

  private admitItem(map: MapRun, { graphId, version }: NestedGraph): void {
    const { compiled, inputs } = map.node;
    const id = this.deps.mintExecution();
    const masks = childMasks(compiled, inputs);
    const next = encloseEach(this.state.ownerId, map.nextInputs());
    this.draft.admitItem(map, { id, graphId, graphVersion: version, inputs: next, masks });
    const work = { executionId: id, rootId: this.state.rootId, graphId };
    this.work.push({ kind: "child", id: itemWorkId(id), label: labelOf(compiled), ...work });
  }

  private refuseChild(node: NodeDraft, { exceeded, error }: ChildRefusal): void {
    this.draft.event("limit.exceeded", node.id, { ...exceeded, nodeId: node.nodeId });
    this.fail(node, "limit_exceeded", error);
  }

  private failMissing(node: NodeDraft, missing: readonly string[]): void {
    const message = `the nested graph misses ${missing.join(", ")}`;
    this.fail(node, "node_failed", { code: "invalid_inputs", message });
  }

  private admit(node: NodeDraft, { graphId, version }: NestedGraph): void {
    const inputs = encloseEach(this.state.ownerId, childInputs(node.compiled, node.inputs));
    const missing = missingChildInputs(node.compiled, inputs);
    if (missing.length > 0) return this.failMissing(node, missing);
    const id = this.deps.mintExecution();
    const masks = childMasks(node.compiled, node.inputs);
    const child = { id, graphId, graphVersion: version, inputs, masks };
    if (isDetached(node.compiled.node)) {
      this.draft.detach(node, child);
      node.emit({ pin: "executionId", value: id });
      return this.end(node, "COMPLETED", "finished");
    }
    this.draft.admitChild(node, child);
    const { rootId } = this.state;
    this.work.push({ kind: "child", id: node.id, label: labelOf(node.compiled), executionId: id, rootId, graphId });
  }
}

function hasErrorPin({ nested, outputSchema, block }: CompiledNode): boolean {
  return nested ? !Object.hasOwn(outputSchema.properties, "error") : block.errorPin;
}

function runningNode(id: NodeExecutionId, nodeId: string, inputs: JsonObject, attempt: number): OpenNode {
  const status = { status: "RUNNING", placement: "remote", endReason: null, closed: false } as const;
  const queuedSeq = 0; // alone, so before all that follows
  return { ...freshNode, ...status, id, nodeId, inputs, attempt, queuedSeq };
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
