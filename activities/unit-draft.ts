import { encloseEach } from "../db/blobs";
import type { RecordedError } from "../db/schema";
import type { BudgetStop, SelfStop } from "../db/self-stop";
import { failuresRead, type Failed, type State } from "../db/state";
import type { ChildRow, EventOrdinal, EventRow, NodeInsert, NodeUpdate, Relay, Unit } from "../db/step";
import type { CompiledGraph, CompiledNode } from "../graph/compile";
import type { Emission, Limits } from "../graph/definition";
import type { Planner, Waiting } from "../graph/deliver";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import { inheritLimits, runTimeMs } from "../graph/limits";
import { isPassing, resurrectionOf } from "../graph/resurrect";
import type { EndReason, TerminalStatus } from "../graph/status";
import type { MapRun } from "./map-run";
import { preview } from "./node-facts";
import { NodeDraft } from "./node-draft";

type Begun = {
  readonly firstRunId: string;
  readonly limits: Limits | undefined;
  readonly runTimeMs: number | undefined;
  readonly event: EventOrdinal;
};

/** What a segment will write, while it is being worked out: rows, events in their order, counters. */
export class UnitDraft {
  ended: { status: TerminalStatus; endReason: EndReason; event: EventOrdinal } | null = null;
  begun: Begun | null = null;
  /** By the graph's `onNodeFailure: "stop"`, of the first failure that nobody handles. */
  failure: SelfStop | null = null;
  readonly children: ChildRow[] = [];
  /** Nested graphs that are to be stopped, since another item of their map has failed. */
  readonly halts: ExecutionId[] = [];
  /** Of `children`, those that are not detached. */
  bound = 0;
  readonly tokens: { id: NodeExecutionId; attempt: number }[] = [];
  /** Changes of the execution's counters. */
  /** Some of its nodes ask people, or have ended without their answer. */
  reviews = false;
  readonly delta = { open: 0, waiting: 0, failed: 0, unhandled: 0, charge: 0 };
  /** Inline nodes are among what is charged. */
  spends = false;
  /** Work follows that nobody answers to this execution's workflow. */
  pokesSelf = false;
  private readonly state: State;
  private readonly graph: CompiledGraph;
  private readonly events: EventRow[] = [];
  private readonly nodes = new Map<NodeExecutionId, NodeDraft>();
  private readonly foundUnfed: ReadonlyMap<NodeExecutionId, Waiting>;
  private readonly unhandledNodes = new Set<string>();
  private readonly unhandledDrafts: NodeDraft[] = [];
  private resurrections = 0;
  private readonly relayed: Emission[] = [];
  private relayEnd: Relay["end"];

  constructor(graph: CompiledGraph, state: State) {
    this.graph = graph;
    this.state = state;
    this.foundUnfed = new Map(state.unfed.map((waiting) => [waiting.id, waiting]));
  }

  node(id: NodeExecutionId): NodeDraft | undefined {
    return this.nodes.get(id);
  }

  keep(node: NodeDraft): NodeDraft {
    this.nodes.set(node.id, node);
    return node;
  }

  compiled(nodeId: string): CompiledNode {
    const compiled = this.graph.nodes.get(nodeId);
    if (!compiled) throw new Error(`node "${nodeId}" is not in the graph`);
    return compiled;
  }

  /** A node execution whose inputs are complete; it may have a row from the time when they were not. */
  ready(nodeId: string, id: NodeExecutionId, inputs: JsonObject): NodeDraft {
    return this.keep(NodeDraft.ready(this.compiled(nodeId), id, inputs, this.foundUnfed.has(id) ? "INCOMPLETE" : null));
  }

  event(type: string, nodeExecutionId?: NodeExecutionId, data?: JsonObject, executionId = this.state.id): EventOrdinal {
    this.events.push({ type, executionId, nodeExecutionId, data });
    return this.events.length;
  }

  /** Those of a node's outputs that have none yet. */
  outputEvents(node: NodeDraft): void {
    for (let one = node.nextUnannounced(); one; one = node.nextUnannounced()) {
      this.event("node.output", node.id, { nodeId: node.nodeId, pin: one.pin, ...preview(one.value) });
    }
  }

  /** It is born in this step, as a tree of its own; its node is done. */
  detach(node: NodeDraft, child: Omit<ChildRow, "queued" | "parentNodeExecutionId">): void {
    node.note({ childExecutionId: child.id });
    node.started = this.event("node.started", node.id, { nodeId: node.nodeId });
    this.event("child.started", node.id, { nodeId: node.nodeId, childExecutionId: child.id, detached: true });
    this.children.push({ ...child, parentNodeExecutionId: node.id, queued: null });
  }

  startMap(node: NodeDraft, items: number): void {
    node.status = "RUNNING";
    node.touch();
    node.started = this.event("node.started", node.id, { nodeId: node.nodeId, items });
  }

  /** The next one of its list. */
  admitItem({ node, map }: MapRun, child: Omit<ChildRow, "queued" | "item" | "parentNodeExecutionId">): void {
    const item = map.admitted;
    map.admitted += 1;
    node.touch();
    this.event("child.started", node.id, { nodeId: node.nodeId, childExecutionId: child.id, item });
    this.bear(node, { ...child, item });
  }

  admitChild(node: NodeDraft, child: Omit<ChildRow, "queued" | "parentNodeExecutionId">): void {
    node.status = "RUNNING";
    node.note({ childExecutionId: child.id });
    node.touch();
    node.started = this.event("node.started", node.id, { nodeId: node.nodeId });
    this.event("child.started", node.id, { nodeId: node.nodeId, childExecutionId: child.id });
    this.bear(node, child);
  }

  private bear(node: NodeDraft, child: Omit<ChildRow, "queued" | "parentNodeExecutionId">): void {
    const queued = this.event("execution.queued", undefined, undefined, child.id);
    this.children.push({ ...child, parentNodeExecutionId: node.id, queued });
    this.bound += 1;
  }

  begin(firstRunId: string): void {
    const { depth, isDetached, limits: inherited } = this.state;
    const { limits: ofGraph = {} } = this.graph.settings;
    // A start has settled what holds for its root; what inherits its limits lowers them by its own graph's.
    const limits = depth > 0 || isDetached ? inheritLimits(inherited, ofGraph) : (inherited as Limits);
    const hasOwnTime = depth === 0 || ofGraph.runTime !== undefined;
    const ms = hasOwnTime ? runTimeMs(limits) : Infinity;
    this.begun = {
      firstRunId,
      limits: limits === inherited ? undefined : limits,
      runTimeMs: ms < Infinity ? ms : undefined,
      event: this.event("execution.started"),
    };
  }

  /** Of a graph that says so its first unhandled failure is its end. */
  failed(node: NodeDraft): void {
    if (this.graph.settings.onNodeFailure !== "stop" || this.isHandled(node.nodeId) || this.failure) return;
    if (this.resurrection && isPassing(node.compiled, errorOf(node))) return; // it goes on when the others have ended
    const name = node.compiled.node.label ?? node.nodeId;
    const why = node.error?.code ?? node.endReason ?? "failed";
    const message = `failed and nobody handled it, which stops this graph: "${name}" (${why})`;
    const error = { code: "node_failed", message, nodes: [node.nodeId] };
    this.failure = { cause: "failure", endsAs: "node_failed", error };
  }

  /** Booked with the end of a node. */
  charge(node: NodeDraft, charge: number): void {
    node.charge = charge;
    this.event("charge.booked", node.id, { nodeId: node.nodeId, charge });
    this.delta.charge += charge;
    if (node.placement === "inline") this.spends = true;
  }

  /** Ended, and all its outputs delivered. */
  close(node: NodeDraft): void {
    node.closed = true;
    node.touch();
    this.delta.open -= 1;
    if (node.status === "FAILED") {
      this.delta.failed += 1;
      if (!this.isHandled(node.nodeId)) {
        this.delta.unhandled += 1;
        this.unhandledNodes.add(node.nodeId);
        this.unhandledDrafts.push(node);
      }
    }
    if (node.compiled.block.role === "output" && node.status === "COMPLETED") this.relayOutput(node);
  }

  /** What is left to an execution whose graph asks to go on after failures that may pass; null: nothing. */
  private get resurrection(): { attempts: number; cooldownMs: number } | null {
    const asked = resurrectionOf(this.graph.settings);
    return asked && this.state.resurrections < asked.attempts ? asked : null;
  }

  /** The failures that nobody has handled, where all of them may pass and the graph asks to go on; else none. */
  failuresToPass(): readonly Pick<NodeDraft, "id" | "nodeId" | "inputs">[] {
    if (!this.resurrection || this.state.unhandledFailures + this.delta.unhandled > failuresRead) return [];
    const recorded = this.state.failures.filter(({ nodeId }) => !this.isHandled(nodeId));
    const all = [...recorded.map((failed) => ({ ...failed, inputs: {} })), ...this.unhandledDrafts];
    return all.every((failed) => isPassing(this.compiled(failed.nodeId), errorOf(failed))) ? all : [];
  }

  /** Instead of its end: after a pause these are run again, on the same inputs. Answers the pause. */
  resurrect(failed: ReturnType<UnitDraft["failuresToPass"]>, mint: () => NodeExecutionId): readonly NodeDraft[] {
    const { attempts = 0, cooldownMs = 0 } = this.resurrection ?? {};
    this.resurrections = 1;
    this.event("execution.resurrected", undefined, {
      attempt: this.state.resurrections + 1,
      attempts,
      afterMs: cooldownMs,
      nodes: [...new Set(failed.map(({ nodeId }) => nodeId))],
    });
    return failed.map(({ id, nodeId, inputs }) => {
      const node = this.ready(nodeId, mint(), inputs);
      node.note({ resurrects: id, wakeInMs: cooldownMs });
      node.queued = this.event("node.queued", node.id, { nodeId, resurrects: id });
      node.placement = "wait";
      node.status = "WAITING";
      node.wakesLeft = 1;
      this.delta.open += 1;
      this.delta.waiting += 1;
      this.delta.unhandled -= 1;
      return node;
    });
  }

  /** Nothing is ready, running or waiting: the execution ends in this very step, and a parent's node with it. */
  end(unfed: readonly Waiting[], missing: Planner["missing"]): void {
    for (const waiting of unfed) this.settleUnfed(waiting, missing(waiting));
    const failed = this.state.unhandledFailures + this.delta.unhandled > 0;
    const how = failed
      ? ({ status: "FAILED", endReason: "node_failed" } as const)
      : ({ status: "COMPLETED", endReason: "finished" } as const);
    const event = this.event(failed ? "execution.failed" : "execution.completed", undefined, {
      endReason: how.endReason,
    });
    this.ended = { ...how, event };
    const { id, parentId, parentNodeExecutionId, item } = this.state;
    if (!parentId || !parentNodeExecutionId) return;
    const data = { childExecutionId: id, endReason: how.endReason };
    const told = this.event("child.ended", parentNodeExecutionId, item === null ? data : { ...data, item }, parentId);
    if (item !== null) {
      this.relayEnd = { ...how, error: null, ended: told }; // the node goes on
      return;
    }
    const ended = this.event(failed ? "node.failed" : "node.completed", parentNodeExecutionId, data, parentId);
    this.relayEnd = { ...how, error: failed ? { ...this.recordedFailure(), childExecutionId: id } : null, ended };
  }

  /** null: nothing to write. `unfed`: INCOMPLETE node executions as they are now, if the execution goes on. */
  unit(kind: Unit["kind"], unfed: readonly Waiting[], stop: SelfStop | BudgetStop | null = null): Unit | null {
    const inserts: NodeInsert[] = [];
    const updates: NodeUpdate[] = [];
    for (const node of this.nodes.values()) {
      const row = node.row();
      if (row && "insert" in row) inserts.push(row.insert);
      else if (row) updates.push(row.update);
    }
    if (!this.ended) this.keepUnfed(unfed, inserts, updates);
    if (!this.begun && !this.ended && !stop && this.halts.length === 0 && inserts.length + updates.length === 0)
      return null;
    const status = this.ended?.status ?? this.liveStatus();
    const relay = this.relay();
    return {
      executionId: this.state.id,
      kind,
      version: this.state.version,
      tokens: this.tokens,
      execution: {
        status: status === this.state.status ? undefined : status,
        endReason: this.ended?.endReason,
        error: this.ended?.status === "FAILED" ? this.recordedFailure() : undefined,
        firstRunId: this.begun?.firstRunId,
        limits: this.begun?.limits,
        runTimeMs: this.begun?.runTimeMs,
        ...this.delta,
        spends: this.spends || undefined,
        resurrections: this.resurrections,
        started: this.begun?.event,
        ended: this.ended?.event,
      },
      inserts,
      updates,
      outputs: [...this.nodes.values()].flatMap((node) => node.outputRows()),
      children: this.children,
      relay,
      reviews: this.reviews,
      events: this.events,
      halts: this.halts.length > 0 ? this.halts : undefined,
      // The end of a nested graph reaches the parent's workflow by itself; what it emits before needs a poke.
      pokes: [
        ...(relay && !relay.end && this.state.parentId ? [this.state.parentId] : []),
        ...(this.pokesSelf ? [this.state.id] : []),
      ],
      stop: stop ?? undefined,
    };
  }

  private isHandled(nodeId: string): boolean {
    return (this.graph.linksFrom.get(nodeId) ?? []).some((link) => link.sourceName === "error");
  }

  private liveStatus(): "RUNNING" | "WAITING" {
    const open = this.state.open + this.delta.open;
    return open > 0 && open === this.state.waiting + this.delta.waiting ? "WAITING" : "RUNNING";
  }

  private settleUnfed({ id, nodeId, inputs }: Waiting, missing: readonly string[]): void {
    const node = this.ready(nodeId, id, encloseEach(this.state.ownerId, inputs));
    node.status = "TERMINATED";
    node.endReason = "unfed";
    node.note({ missingPins: missing });
    node.closed = true;
    const pins = Object.keys(inputs);
    node.ended = this.event("node.terminated", id, { nodeId, endReason: "unfed", pins, missingPins: missing });
  }

  private keepUnfed(unfed: readonly Waiting[], inserts: NodeInsert[], updates: NodeUpdate[]): void {
    for (const waiting of unfed) {
      const found = this.foundUnfed.get(waiting.id);
      if (found === waiting) continue; // the planner keeps the identity of what it did not change
      const { block, node } = this.compiled(waiting.nodeId);
      const fields = {
        id: waiting.id,
        inputs: encloseEach(this.state.ownerId, waiting.inputs),
        emitted: 0,
        closed: false,
        status: "INCOMPLETE",
      } as const;
      if (found) updates.push({ ...fields, from: ["INCOMPLETE"] });
      else inserts.push({ ...fields, nodeId: node.id, blockId: block.id, placement: block.placement });
    }
  }

  private recordedFailure(): RecordedError {
    const recorded = this.state.failures.filter(({ nodeId }) => !this.isHandled(nodeId));
    const unhandled = [...recorded.map(({ nodeId }) => nodeId), ...this.unhandledNodes];
    // What a parent that asks to go on has to know.
    const isFatal =
      this.state.parentId !== null &&
      [...recorded, ...this.unhandledDrafts].some(
        (failed) => !isPassing(this.compiled(failed.nodeId), errorOf(failed)),
      );
    const nodes = [...new Set(unhandled)];
    const names = nodes.map((id) => `"${this.graph.nodes.get(id)?.node.label ?? id}"`);
    return {
      code: "node_failed",
      message: `failed and nobody handled it: ${names.join(", ")}`,
      nodes,
      ...(isFatal ? { fatal: true } : {}),
    };
  }

  private relayOutput(node: NodeDraft): void {
    const name = node.inputs["name"];
    const { parentId, parentNodeExecutionId, item } = this.state;
    // What an item of a map gives is read when all have ended.
    if (!parentId || !parentNodeExecutionId || item !== null || typeof name !== "string") return;
    for (const { pin, value } of node.added) {
      if (pin !== "output") continue;
      this.relayed.push({ pin: name, value });
      this.event("node.output", parentNodeExecutionId, { pin: name, ...preview(value) }, parentId);
    }
  }

  private relay(): Relay | null {
    const id = this.state.parentNodeExecutionId;
    if (!id || (this.relayed.length === 0 && !this.relayEnd)) return null;
    const failed = this.relayEnd?.error ?? null;
    const error = failed && !this.definesOutput("error") ? [{ pin: "error", value: failed.message }] : [];
    return { id, isItem: this.state.item !== null, outputs: [...this.relayed, ...error], end: this.relayEnd };
  }

  private definesOutput(name: string): boolean {
    return [...this.graph.nodes.values()].some(
      ({ block, node }) => block.role === "output" && node.constants["name"] === name,
    );
  }
}

function errorOf({ error, endReason }: Pick<Failed, "error" | "endReason"> | NodeDraft): RecordedError {
  return error ?? { code: endReason ?? "lost", message: "" };
}
