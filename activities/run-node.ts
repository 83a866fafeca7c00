import { CancelledFailure, Context } from "@temporalio/activity";
import type { Logger } from "pino";
import { isBlockFailure, type BlockRegistry, type Surroundings } from "../blocks/block";
import { loadLarge } from "../db/blobs";
import type { Database } from "../db/client";
import { outboxWake, type Wake } from "../db/wake";
import {
  noteRetry,
  readHosted,
  startNodes,
  type FailedAttempt,
  type NodeStart,
  type NodeToStart,
  type StartedNode,
} from "../db/nodes";
import type { RecordedError } from "../db/schema";
import { readHead } from "../db/state";
import type { BlockCatalog } from "../graph/block";
import type { CompiledGraph } from "../graph/compile";
import { estimateOf } from "../graph/cost";
import type { Emission } from "../graph/definition";
import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";
import { largesIn, openInputs } from "../graph/large";
import type { Answer } from "../workflows/messages";
import { held, type Advance, type Host, type Recorded, type Take } from "./advance";
import { runBlockCode } from "./block-run";
import { coalesce } from "./coalesce";
import { leftBehindFailure, retryableFailure, toTemporalFailure } from "./failures";
import type { Definitions } from "./graphs";
import { endedOrLeft, LeftBehind } from "./left-behind";
import type { AbortReason, RunningNodes, Slot } from "./running-nodes";
import { recordedError } from "./node-facts";
import { persist } from "./persist";
import { isInline, isStream } from "./placement";
import { takenOver, type Result } from "./result";
import { createMeter } from "./meter";
import type { Settle } from "./settle";

export type NodeCall = {
  readonly executionId: ExecutionId;
  readonly id: NodeExecutionId;
  readonly attempts: number;
  readonly timeoutMs: number;
};

export type RunNodeDeps = {
  readonly db: Database;
  readonly blocks: BlockRegistry;
  readonly definitions: Definitions;
  readonly advance: Advance;
  readonly running: RunningNodes;
  readonly settle: Settle;
  /** What each block is taken to cost. */
  readonly catalog: BlockCatalog;
  readonly surroundings: Surroundings;
  readonly wake: (wake: Wake) => void;
  readonly onWorkflowGone?: (executionId: ExecutionId) => Promise<void>;
  readonly log: Logger;
};

/**
 * The server answers a cancel on a heartbeat, and each is a write there. A process that runs many nodes sends `heartbeatsPerSecond` of
 * them together, and each node at least one in 5 s of the 10 s that it has (workflows/proxies.ts).
 */
const heartbeatMs = { least: 1_000, most: 5_000 };
const heartbeatsPerSecond = 100;

/** Of what Temporal allows an activity beyond its node's time (`timeoutSlackMs`). */
const runOnSlackMs = 10_000;
/** A slow first node goes back to Temporal: what the round trip costs is nothing beside it, and its end is seen sooner. */
const runOnAfterMs = 1_000;

const shutDown: RecordedError = { code: "worker_shutdown", message: "its worker was shut down" };
const cancelled: RecordedError = { code: "cancelled", message: "its activity was cancelled" };

const fenced: Recorded = { answer: { state: "fenced", work: [], more: false }, runOn: null };
const lookAgain: Recorded = { answer: { state: "live", work: [], more: true }, runOn: null };

/**
 * One activity: an attempt of a remote node. Its start is a step, its result is a step, and the inline segment that follows is
 * in it. Run-on: if exactly one remote node follows, that step starts it too, and it runs here instead of going back to
 * Temporal; a failure there hands it back, so that Temporal's retries and timeouts rule as before.
 */
export function createRunNode(deps: RunNodeDeps): (call: NodeCall) => Promise<Answer> {
  const { db, definitions, advance, running, settle, log } = deps;
  const estimates = Object.fromEntries(
    [...deps.catalog.values()].flatMap(({ id, cost }) => (cost.length > 0 ? [[id, estimateOf(cost)]] : [])),
  );
  const start = coalesce<ExecutionId, NodeToStart, NodeStart>(async (rootId, nodes) => {
    const starts = await startNodes(db, rootId, nodes, estimates);
    if (starts.some((one) => one.because === "fenced" && one.exhausted)) deps.wake(outboxWake);
    return starts;
  });

  /** Code that is not over is left to the stop's deadline, which gives it up. `others`: what nobody runs either. */
  async function settleUnderFence(
    call: NodeCall,
    stopId: StopId,
    isOver = true,
    others: readonly NodeExecutionId[] = [],
  ): Promise<Recorded> {
    if (!isOver) throw leftBehindFailure();
    await persist(() => Promise.all([call.id, ...others].map((id) => settle(stopId, id))));
    log.info({ executionId: call.executionId, nodeExecutionId: call.id, stopId }, "node stopped by a fence");
    return fenced;
  }

  async function fenceOn(call: NodeCall, scopes = ["subtree"]): Promise<StopId | null> {
    const fence = (await persist(() => readHead(db, call.executionId)))?.fence;
    return fence && scopes.includes(fence.scope) ? fence.stopId : null;
  }

  async function record(turn: Turn, result: Result, isOver = true): Promise<Recorded> {
    const { call } = turn;
    let isRepeat = false;
    const recorded = await persist((again) => {
      isRepeat = again;
      return advance.record(call.executionId, result, turn);
    });
    const { state } = recorded.answer;
    const stopId = state === "fenced" ? await fenceOn(call) : null;
    if (recorded.late && !stopId) {
      log.warn({ executionId: call.executionId, nodeExecutionId: call.id, state }, "a late result is not recorded");
    }
    if (!stopId) return recorded;
    // The answer that was lost may have told of a start, and of that nobody else knows.
    const hosted = isRepeat ? await persist(() => readHosted(db, call.executionId, turn.hostId ?? call.id)) : [];
    return settleUnderFence(call, stopId, isOver, hosted);
  }

  /** Asks Temporal for another attempt, by throwing, unless a fence has come that lets none start. */
  async function again(rootId: ExecutionId, call: NodeCall, failed: FailedAttempt): Promise<Recorded> {
    const counts = await persist(() => noteRetry(db, rootId, failed));
    const stopId = counts || !failed.isOver ? null : await fenceOn(call, ["subtree", "self"]);
    if (stopId) return settleUnderFence(call, stopId);
    throw retryableFailure(failed.error.code);
  }

  async function attempt(turn: Turn): Promise<Recorded> {
    const { call, slot } = turn;
    const { rootId, graphId, graphVersion } = await definitions.place(call.executionId);
    let isRepeat = false;
    const started =
      turn.started ??
      (await persist((repeated) => {
        isRepeat = repeated;
        return start(rootId, { id: call.id, hostId: turn.hostId });
      }));
    if (started.because === "fenced") {
      // Nobody tells what is under a `self` fence to end: the attempt before this one has failed or is lost, and that is all.
      // And nobody but us knows of a start whose answer was lost: no code of it runs.
      const isOurs = isRepeat && Context.current().info.attempt === 1;
      const stopId = await fenceOn(call, isOurs ? ["self", "subtree"] : ["self"]);
      return stopId ? settleUnderFence(call, stopId) : fenced;
    }
    if (started.because === "held") return { answer: held, runOn: null };
    if (started.because !== null) return lookAgain;
    if (started.reused) return record(turn, takenOver(call.id, started.attempt, started.reused));
    const graph = await definitions.graph(graphId, graphVersion);
    const block = deps.blocks.get(graph.nodes.get(started.nodeId)?.block.id ?? "");
    if (isStream(block) && started.emitted > 0 && !block.resumable) return record(turn, lostInStream(call.id, started));
    const outcome = await runBlock(deps, call, graph, started, slot);
    switch (outcome.kind) {
      case "result":
        return record(turn, outcome.result, outcome.isOver);
      case "retry":
        return again(rootId, call, { ...started, ...outcome });
      case "fenced":
        return settleUnderFence(call, outcome.stopId, outcome.isOver);
      case "refused": {
        const stopId = outcome.by.answer.state === "fenced" ? await fenceOn(call) : null;
        return stopId ? settleUnderFence(call, stopId) : { ...outcome.by, runOn: null };
      }
      case "given_up":
        return lookAgain;
      case "interrupted": {
        // Terminated, which runs no code of the workflow: unless it was only reset, that is a stop.
        if (outcome.gone) await deps.onWorkflowGone?.(call.executionId);
        const stopId = await fenceOn(call);
        if (stopId) return settleUnderFence(call, stopId, outcome.isOver);
        if (outcome.shutdown) return again(rootId, call, { ...started, ...outcome, error: shutDown });
        // Temporal does not know one that it hosts, so it tells the record instead.
        if (turn.hostId !== null) return again(rootId, call, { ...started, ...outcome, error: cancelled });
        throw new CancelledFailure("cancelled");
      }
    }
  }

  /** Registered before the start, so that no fence falls between the two: the push aborts what is registered. */
  async function attemptFirst(call: NodeCall, path: readonly ExecutionId[], take: Take): Promise<Recorded> {
    const slot = running.register(call.id, path);
    try {
      await Promise.race([running.hearing(), Context.current().cancelled]);
      return await attempt({ call, slot, take, hostId: null, started: null, state: null });
    } finally {
      slot.release();
    }
  }

  async function runOn(host: NodeCall, first: Recorded, take: Take): Promise<Answer> {
    let { answer, runOn: next } = first;
    while (next) {
      const { work, slot, started, state } = next;
      const call = { ...work, executionId: host.executionId };
      try {
        ({ answer, runOn: next } = await attempt({ call, slot, take, hostId: host.id, started, state }));
      } catch (err) {
        log.info({ executionId: call.executionId, err }, "run-on handed back");
        break; // the answer lists the node: the workflow starts an activity of its own for it
      } finally {
        slot.release();
      }
    }
    return answer;
  }

  /** Which nodes one activity goes on with: as long as it has time for each as long as that one may take. */
  function takeInto(call: NodeCall, path: readonly ExecutionId[]): Take {
    const began = performance.now();
    const { cancellationSignal } = Context.current();
    let runsOnSince: number | null = null;
    return (next) => {
      const now = performance.now();
      if (cancellationSignal.aborted || !running.hears()) return null;
      if (runsOnSince === null && now - began >= runOnAfterMs) return null;
      runsOnSince ??= now;
      return now - runsOnSince + next.timeoutMs <= call.timeoutMs + runOnSlackMs
        ? running.register(next.id, path)
        : null;
    };
  }

  return async (call) => {
    const { executionId } = call;
    const heartbeat = startHeartbeat(() => running.size());
    try {
      const { ancestors, id } = await definitions.place(executionId);
      const path = [...ancestors, id];
      const take = takeInto(call, path);
      return await runOn(call, await attemptFirst(call, path, take), take);
    } catch (error) {
      if (error instanceof CancelledFailure) throw error;
      log.warn({ executionId, nodeExecutionId: call.id, err: error }, "node attempt failed");
      throw toTemporalFailure(error);
    } finally {
      heartbeat.stop();
    }
  };
}

/** One node in the hands of an activity: its own, or one that it goes on with. */
type Turn = Host & {
  readonly call: NodeCall;
  readonly slot: Slot;
  readonly started: StartedNode | null;
};

function startHeartbeat(countRunning: () => number): { stop(): void } {
  const activity = Context.current();
  let timer: NodeJS.Timeout;
  const wait = () => {
    const fairMs = (1_000 * countRunning()) / heartbeatsPerSecond;
    timer = setTimeout(beat, Math.min(Math.max(fairMs, heartbeatMs.least), heartbeatMs.most));
  };
  const beat = () => {
    activity.heartbeat();
    wait();
  };
  wait();
  return { stop: () => clearTimeout(timer) };
}

/** A stream that began and was lost with its worker is not begun again: what it has emitted is built on. */
function lostInStream(id: NodeExecutionId, { attempt, emitted }: { attempt: number; emitted: number }): Result {
  const message = `an earlier attempt was lost after ${emitted} outputs, and this block cannot go on after them`;
  const error = { code: "lost", message };
  return { kind: "finished", id, attempt, status: "FAILED", endReason: "lost", emissions: [], error };
}

type Outcome =
  | { readonly kind: "result"; readonly result: Result; readonly isOver: boolean }
  | { readonly kind: "retry"; readonly error: RecordedError; readonly isOver: boolean }
  | { readonly kind: "fenced"; readonly stopId: StopId; readonly isOver: boolean }
  /** What it emitted while it ran was not recorded: it has ended otherwise. */
  | { readonly kind: "refused"; readonly by: Recorded }
  /** The record has ended without it. */
  | { readonly kind: "given_up" }
  /** By Temporal: a cancel, a shutdown of this worker, or nobody waits for this attempt any more. */
  | { readonly kind: "interrupted"; readonly shutdown: boolean; readonly gone: boolean; readonly isOver: boolean };

async function runBlock(
  deps: RunNodeDeps,
  call: NodeCall,
  graph: CompiledGraph,
  started: StartedNode,
  { signal: fenced, givenUp }: Slot,
): Promise<Outcome> {
  const compiled = graph.nodes.get(started.nodeId);
  const block = deps.blocks.get(compiled?.block.id ?? "");
  const terminal = compiled?.node.retry?.nonRetryable ?? [];
  const activity = Context.current();
  const { cancellationSignal } = activity;
  const overdue = new AbortController();
  const shutdown = new AbortController();
  const isShutdown = () => {
    const why = activity.cancellationDetails; // set only when it is aborted
    return why?.workerShutdown === true && !why.cancelRequested;
  };
  const onCancellation = () => isShutdown() && shutdown.abort();
  cancellationSignal.addEventListener("abort", onCancellation, { once: true });
  const timer = setTimeout(
    () => overdue.abort({ kind: "timed_out", afterMs: call.timeoutMs } satisfies AbortReason),
    call.timeoutMs,
  );
  fenced.addEventListener("abort", () => clearTimeout(timer), { once: true }); // from here on the stop's deadline rules
  const signal = AbortSignal.any([fenced, givenUp, overdue.signal, cancellationSignal]);
  const finished = (
    rest: Pick<Extract<Result, { kind: "finished" }>, "status" | "endReason" | "emissions" | "error">,
    isOver = true,
  ): Outcome => ({
    kind: "result",
    isOver,
    result: { kind: "finished", id: call.id, attempt: started.attempt, used: meter.all(), ...rest },
  });
  const meter = createMeter();
  const stream: { emitted: number; refusal: Recorded | null } = { emitted: started.emitted, refusal: null };
  const emit = async (emission: Emission) => {
    const { id, attempt } = started;
    const result = { kind: "emitted", id, attempt, after: stream.emitted, emissions: [emission] } as const;
    const recorded = await persist(() => deps.advance.record(call.executionId, result));
    stream.emitted += 1;
    if (!recorded.late) return;
    stream.refusal = recorded;
    throw new Error("what it emitted is not recorded: its node has ended");
  };
  try {
    signal.throwIfAborted(); // fenced between its start and here: no code of it runs
    const carried = isInline(block) ? block.carries?.(started.inputs) : [];
    await persist(() => loadLarge(deps.db, largesIn(started.inputs, carried)));
    const inputs = openInputs(started.inputs, carried);
    const code = runBlockCode(deps, {
      ...started,
      inputs,
      executionId: call.executionId,
      graph,
      block,
      signal,
      meter,
      emit,
    });
    const emissions = await endedOrLeft(code, givenUp, AbortSignal.any([overdue.signal, shutdown.signal]));
    return finished({ status: "COMPLETED", endReason: "finished", emissions, error: null });
  } catch (error) {
    const isOver = !(error instanceof LeftBehind);
    if (!isOver) {
      const node = { executionId: call.executionId, nodeExecutionId: call.id, block: compiled?.block.name };
      deps.log.warn(node, "left node code behind that does not follow its signal; nothing it does is recorded");
    }
    if (fenced.aborted) {
      const { stopId } = fenced.reason as Extract<AbortReason, { kind: "fenced" }>;
      return { kind: "fenced", stopId, isOver };
    }
    if (givenUp.aborted) return { kind: "given_up" };
    if (stream.refusal) return { kind: "refused", by: stream.refusal };
    const mayRepeat = stream.emitted === 0 || (isStream(block) && block.resumable === true);
    const hasAttempts = mayRepeat && started.attempt < call.attempts;
    if (overdue.signal.aborted) {
      const late = { code: "timed_out", message: `gave no result within ${call.timeoutMs} ms` };
      if (hasAttempts && !terminal.includes(late.code)) return { kind: "retry", error: late, isOver };
      return finished({ status: "FAILED", endReason: "timed_out", emissions: [], error: late }, isOver);
    }
    if (cancellationSignal.aborted) {
      const gone = activity.cancellationDetails?.notFound === true;
      return { kind: "interrupted", shutdown: isShutdown(), gone, isOver };
    }
    const isPassing = isBlockFailure(error) && error.retryable && !terminal.includes(error.code);
    if (isPassing && hasAttempts) return { kind: "retry", error: recordedError(error), isOver };
    const emissions = isBlockFailure(error) ? error.emitted : [];
    return finished({ status: "FAILED", endReason: "node_failed", emissions, error: recordedError(error) });
  } finally {
    clearTimeout(timer);
    cancellationSignal.removeEventListener("abort", onCancellation);
  }
}
