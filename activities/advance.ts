import type { BlockRegistry } from "../blocks/block";
import { loadLarge, writeWith } from "../db/blobs";
import type { Database } from "../db/client";
import { readOutstanding, type StartedNode } from "../db/nodes";
import { freshState, readHead, readState, type Head, type State } from "../db/state";
import { commitStep, type Refusal, type Unit } from "../db/step";
import { largesOf } from "../db/step-documents";
import { outboxWake, type Wake } from "../db/wake";
import type { CompiledGraph } from "../graph/compile";
import { TreelineError } from "../graph/errors";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import { NotLoaded } from "../graph/large";
import { isTerminal } from "../graph/status";
import { workWindow, type Answer, type RemoteWork, type Work } from "../workflows/messages";
import { coalesce } from "./coalesce";
import type { Definitions } from "./graphs";
import { createMint } from "./mint";
import { labelOf, remoteWork } from "./node-facts";
import { Overtaken, replan } from "./overtaken";
import type { Bounds, Result } from "./result";
import type { Slot } from "./running-nodes";
import { Segment } from "./segment";

const defaultBounds: Bounds = {
  nodes: 2_000,
  milliseconds: 1_000,
  inputBytes: 256 * 1024,
  valueBytes: 16 * 1024 * 1024,
  children: 100,
};

export type Advance = {
  /** QUEUED → RUNNING by the chain of runs `firstRunId`, with everything inline that follows; else what is outstanding. */
  begin(head: Head, firstRunId: string): Promise<Answer>;
  /** Records a result and does all that follows from it. Concurrent calls for one execution share one step. */
  record(executionId: ExecutionId, result: Result | null, host?: Host): Promise<Recorded>;
  /** Does what can be done, then answers all that is outstanding but for what the asker knows. */
  outstanding(executionId: ExecutionId, known: readonly NodeExecutionId[]): Promise<Answer>;
};

/** Run-on: asked before the one remote node that follows is queued. null: it goes back to Temporal. */
export type Take = (next: RemoteWork) => Slot | null;

export type Host = {
  /** The node whose activity it is; null: the caller's own. */
  readonly hostId: NodeExecutionId | null;
  readonly take: Take;
  /** As the step has left it that started the caller's node; it holds unless another one came between. */
  readonly state: State | null;
};

/** A node in the hands of the activity that has recorded the one before it. `started`: null where that is still to be done. */
export type RunOn = {
  readonly work: RemoteWork;
  readonly slot: Slot;
  readonly started: StartedNode | null;
  readonly state: State | null;
};

export type Recorded = {
  readonly answer: Answer;
  /** What the caller has taken, and has to release; it is in `answer.work` too. */
  readonly runOn: RunOn | null;
  /** The result was not recorded: the execution is over or fenced, or another attempt has followed. */
  readonly late?: boolean;
};

type Call = { readonly result: Result | null; readonly host: Host | undefined };

export type AdvanceDeps = {
  readonly db: Database;
  readonly blocks: BlockRegistry;
  readonly definitions: Definitions;
  /** Of TREELINE_MAX_VALUE_BYTES. */
  readonly valueBytes?: number | undefined;
  /** Called after a commit, for whoever waits. */
  readonly wake: (wake: Wake) => void;
};

export function createAdvance({
  db,
  blocks,
  definitions,
  wake,
  valueBytes = defaultBounds.valueBytes,
}: AdvanceDeps): Advance {
  const bounds = { ...defaultBounds, valueBytes };
  const mint = createMint();
  const segmentDeps = {
    blocks,
    mintNode: () => mint() as NodeExecutionId,
    mintExecution: () => mint() as ExecutionId,
    now: () => performance.now(),
    bounds,
  };
  const outputBlockIds = [...blocks.values()].flatMap(({ definition: { id, role } }) =>
    role === "output" ? [id] : [],
  );
  const commit = coalesce<ExecutionId, Unit, Refusal | null>((rootId, units) => commitStep(db, rootId, units), 200);

  /** A plan that has to look into a large value is made again, on the same state, when that is loaded. */
  async function planned<T>(make: () => T): Promise<T> {
    for (;;) {
      try {
        return make();
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        await loadLarge(db, [error.large]);
      }
    }
  }

  async function write(state: State, segment: Segment, unit = segment.unit()): Promise<Refusal | null> {
    if (!unit) return null;
    const refusal = await writeWith(db, state.ownerId, largesOf(unit), () => commit(state.rootId, unit));
    if (refusal !== null) return refusal;
    if (segment.ended) wake(state.id);
    if (unit.stop || unit.children.some(({ queued }) => queued === null)) wake(outboxWake);
    if (unit.pokes.length > 0 || unit.halts) wake(outboxWake);
    return null;
  }

  /** Writes it with the start of what the host goes on with. */
  async function writeHosting(state: State, segment: Segment, call: Call): Promise<RunOn | Refusal | null> {
    // Taken before the step that starts it, so that no fence falls between the two (RunningNodes).
    const { follower: work } = segment;
    const slot = work && call.host?.take(work);
    if (!slot || !call.result || !call.host) return write(state, segment);
    let isTaken = false;
    try {
      const started = segment.host(work, call.host.hostId ?? call.result.id);
      const unit = segment.unit();
      const refusal = await write(state, segment, unit);
      if (refusal !== null) return refusal;
      isTaken = true;
      return { work, slot, started, state: unit && started && segment.after(unit, started) };
    } finally {
      if (!isTaken) slot.release();
    }
  }

  async function readFor(
    executionId: ExecutionId,
    graph: CompiledGraph,
    asked: readonly NodeExecutionId[],
    exact: boolean,
  ): Promise<State> {
    const nodes = [...graph.nodes.values()];
    const state = await readState(db, executionId, {
      nodeIds: [...graph.nodes.keys()],
      staticNodeIds: nodes.filter((node) => node.staticPins.length > 0).map(({ node }) => node.id),
      unorderedNodeIds: nodes.filter(({ node }) => node.ordered === false).map(({ node }) => node.id),
      asked,
      failingMapIds: nodes.filter(({ node }) => node.map?.onItemFailure !== "collect").map(({ node }) => node.id),
      outputBlockIds,
      inlineLimit: bounds.nodes,
      childWindow: bounds.children,
      exact,
    });
    if (!state) throw new TreelineError("not_found", `no execution ${executionId}`);
    return state;
  }

  async function recordAll(executionId: ExecutionId, calls: readonly Call[]): Promise<readonly Recorded[]> {
    const asked = calls.flatMap(({ result }) => (result ? [result.id] : []));
    const { graphId, graphVersion } = await definitions.place(executionId);
    const graph = await definitions.graph(graphId, graphVersion);
    let known = calls.length === 1 ? (calls[0]?.host?.state ?? null) : null;
    let exact = false;
    const plan = async (): Promise<readonly Recorded[]> => {
      const state = known ?? (await readFor(executionId, graph, asked, exact));
      known = null;
      const over = answerOver(state);
      if (over) return calls.map(({ result }) => ({ answer: over, runOn: null, late: result !== null }));
      if (state.held && asked.length === 0) return calls.map(() => ({ answer: held, runOn: null }));
      const { segment, counted } = await planned(() => {
        const made = new Segment(segmentDeps, graph, state);
        const counts = calls.map(({ result }) => result === null || made.record(result));
        made.run();
        return { segment: made, counted: counts };
      });
      if (segment.isUnsure) {
        exact = true;
        return plan();
      }
      const hosting = calls.findIndex(({ result }, index) => result?.kind === "finished" && counted[index]);
      const host = calls[hosting];
      const written = await (host ? writeHosting(state, segment, host) : write(state, segment));
      if (typeof written === "string") throw new Overtaken(`execution ${executionId}: ${written}`);
      if (state.held) return counted.map((counts) => ({ answer: held, runOn: null, late: !counts }));
      return counted.map((counts, index) => {
        const answer = answerOf(segment, counts);
        if (!written || index === hosting) return { answer, runOn: written, late: !counts };
        return { answer: { ...answer, work: [] }, runOn: null, late: !counts }; // it is in good hands
      });
    };
    return replan(plan);
  }

  const recordTogether = coalesce(recordAll);

  return {
    async begin(head, firstRunId) {
      definitions.remember(head);
      const graph = await definitions.graph(head.graphId, head.graphVersion);
      const state = freshState(head);
      const segment = await planned(() => {
        const made = new Segment(segmentDeps, graph, state);
        made.begin(firstRunId);
        made.run();
        return made;
      });
      const refusal = await write(state, segment);
      if (refusal === null) return answerOf(segment, true);
      const now = await readHead(db, head.id);
      if (!now) throw new TreelineError("not_found", `no execution ${head.id}`);
      if (refusal === "limit" && now.status === "QUEUED" && !now.fence) return this.begin(now, firstRunId);
      return answerOver(now) ?? this.outstanding(head.id, []);
    },
    record: (executionId, result, host) => recordTogether(executionId, { result, host }),
    async outstanding(executionId, known) {
      // Read first: what ends after it is followed in vain, and then asked for again. Read after the step, what ends in between
      // would be in neither, and where the workflow does not have it in flight (after a reset) nothing would tell of it.
      const rows = await readOutstanding(db, executionId, known, workWindow);
      const { answer } = await this.record(executionId, null);
      if (answer.state !== "live") return answer;
      const { graphId, graphVersion, rootId } = await definitions.place(executionId);
      const graph = await definitions.graph(graphId, graphVersion);
      const work = rows.flatMap((row): Work[] => {
        const compiled = graph.nodes.get(row.nodeId);
        if (!compiled) return [];
        const label = labelOf(compiled);
        if (row.status === "WAITING")
          return [{ kind: "wait", id: row.id, label, delayMs: Math.max(0, row.wakeInMs ?? 0) }];
        if (row.placement === "remote") return [remoteWork(blocks, compiled, row.id)];
        if (!row.childExecutionId || !compiled.nested) return [];
        const { graphId: nestedId } = compiled.nested;
        return [{ kind: "child", id: row.id, label, executionId: row.childExecutionId, rootId, graphId: nestedId }];
      });
      const listed = new Set([...known, ...work.map(({ id }) => id)]);
      const added = answer.work.filter(({ id }) => !listed.has(id));
      return { state: "live", work: [...work, ...added], more: answer.more || rows.length >= workWindow };
    },
  };
}

/** What runs has been recorded; what follows waits for the release, which pokes. */
export const held: Answer = { state: "held", work: [], more: false };

/** null: it goes on. */
export function answerOver(head: Head): Answer | null {
  const nothing = { work: [], more: false };
  if (isTerminal(head.status)) {
    return { state: "ended", ...nothing, status: head.status, endReason: head.endReason ?? undefined };
  }
  return head.fence?.scope === "subtree" ? { state: "fenced", ...nothing } : null;
}

/** A result that did not count (recorded by an earlier attempt) makes the asker look at all that is outstanding. */
function answerOf(segment: Segment, counted: boolean): Answer {
  if (segment.ended) {
    const { status, endReason } = segment.ended;
    return { state: "ended", work: [], more: false, status, endReason };
  }
  if (segment.isStopped) return { state: "fenced", work: [], more: false };
  const work = segment.work.slice(0, workWindow);
  return { state: "live", work, more: segment.more || !counted || work.length < segment.work.length };
}
