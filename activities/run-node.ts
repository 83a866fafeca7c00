import { CancelledFailure, Context } from "@temporalio/activity";
import type { Logger } from "pino";
import { isBlockFailure, type Block, type BlockContext, type BlockRegistry, type Inputs } from "../blocks/block";
import type { Database } from "../db/client";
import { startNodes, type NodeStart } from "../db/nodes";
import { readFences } from "../db/stops";
import type { Emission } from "../graph/definition";
import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";
import type { Answer } from "../workflows/messages";
import type { Advance } from "./advance";
import { coalesce } from "./coalesce";
import { retryableFailure, toTemporalFailure } from "./failures";
import type { Definitions } from "./graphs";
import { isInline, isRemote } from "./placement";
import type { AbortReason, RunningNodes } from "./running-nodes";
import { recordedError, type Result } from "./segment";
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
  readonly allowPrivateAddresses: boolean;
  readonly log: Logger;
};

/** Throttled by the SDK to one call a second; the server answers a cancel on it. */
const heartbeatMs = 1_000;

const fencedAnswer: Answer = { state: "fenced", work: [], more: false };
const lookAgain: Answer = { state: "live", work: [], more: true };

/** One attempt of a remote node: its start is a step, its result is a step, and the inline segment that follows is in it. */
export function createRunNode(deps: RunNodeDeps): (call: NodeCall) => Promise<Answer> {
  const { db, definitions, advance, running, settle, log } = deps;
  const start = coalesce<ExecutionId, NodeExecutionId, NodeStart>((rootId, ids) => startNodes(db, rootId, ids));

  async function settleUnderFence(call: NodeCall, stopId: StopId): Promise<Answer> {
    await settle(stopId, call.id);
    log.info({ executionId: call.executionId, nodeExecutionId: call.id, stopId }, "node stopped by a fence");
    return fencedAnswer;
  }

  async function fenceOn(call: NodeCall): Promise<StopId | null> {
    const { ancestors, rootId, id } = await definitions.place(call.executionId);
    const fences = await readFences(db, [rootId]);
    return fences.find((fence) => fence.executionId === id || ancestors.includes(fence.executionId))?.stopId ?? null;
  }

  async function record(call: NodeCall, result: Result): Promise<Answer> {
    const answer = await advance.record(call.executionId, result);
    const stopId = answer.state === "fenced" ? await fenceOn(call) : null;
    return stopId ? settleUnderFence(call, stopId) : answer;
  }

  return async (call) => {
    const { rootId, ancestors, id: executionId, graphId, graphVersion } = await definitions.place(call.executionId);
    // Registered before the start, so that no fence falls between the two: the push aborts what is registered.
    const slot = running.register(call.id, [...ancestors, executionId]);
    const heartbeat = setInterval(() => Context.current().heartbeat(), heartbeatMs);
    try {
      const started = await start(rootId, call.id);
      if (started.because === "fenced") return fencedAnswer;
      if (started.because !== null) return lookAgain;
      const graph = await definitions.graph(graphId, graphVersion);
      const block = deps.blocks.get(graph.nodes.get(started.nodeId)?.block.id ?? "");
      const outcome = await runBlock(deps, call, block, started, slot.signal);
      switch (outcome.kind) {
        case "result":
          return await record(call, outcome.result);
        case "retry":
          throw retryableFailure(outcome.code);
        case "fenced":
          return await settleUnderFence(call, outcome.stopId);
        case "interrupted": {
          const stopId = await fenceOn(call);
          if (stopId) return await settleUnderFence(call, stopId);
          throw outcome.shutdown ? retryableFailure("worker_shutdown") : new CancelledFailure("cancelled");
        }
      }
    } catch (error) {
      if (error instanceof CancelledFailure) throw error;
      log.warn({ executionId, nodeExecutionId: call.id, err: error }, "node attempt failed");
      throw toTemporalFailure(error);
    } finally {
      clearInterval(heartbeat);
      slot.release();
    }
  };
}

type Outcome =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "retry"; readonly code: string }
  | { readonly kind: "fenced"; readonly stopId: StopId }
  /** By Temporal: a cancel, a shutdown of this worker, or nobody waits for this attempt any more. */
  | { readonly kind: "interrupted"; readonly shutdown: boolean };

async function runBlock(
  deps: RunNodeDeps,
  call: NodeCall,
  block: Block | undefined,
  started: Extract<NodeStart, { because: null }>,
  fenced: AbortSignal,
): Promise<Outcome> {
  const { cancellationSignal, cancellationDetails } = Context.current();
  const overdue = new AbortController();
  const timer = setTimeout(
    () => overdue.abort({ kind: "timed_out", afterMs: call.timeoutMs } satisfies AbortReason),
    call.timeoutMs,
  );
  const context: BlockContext = {
    signal: AbortSignal.any([fenced, overdue.signal, cancellationSignal]),
    idempotencyKey: call.id,
    log: deps.log.child({ executionId: call.executionId, nodeExecutionId: call.id }),
    allowPrivateAddresses: deps.allowPrivateAddresses,
  };
  const finished = (
    rest: Pick<Extract<Result, { kind: "finished" }>, "status" | "endReason" | "emissions" | "error">,
  ): Outcome => ({
    kind: "result",
    result: { kind: "finished", id: call.id, attempt: started.attempt, ...rest },
  });
  try {
    const emissions = await emissionsOf(block, started.inputs, context);
    return finished({ status: "COMPLETED", endReason: "finished", emissions, error: null });
  } catch (error) {
    if (fenced.aborted)
      return { kind: "fenced", stopId: (fenced.reason as Extract<AbortReason, { kind: "fenced" }>).stopId };
    if (overdue.signal.aborted) {
      const late = { code: "timed_out", message: `gave no result within ${call.timeoutMs} ms` };
      return finished({ status: "FAILED", endReason: "timed_out", emissions: [], error: late });
    }
    if (cancellationSignal.aborted) {
      return {
        kind: "interrupted",
        shutdown: cancellationDetails?.workerShutdown === true && cancellationDetails.cancelRequested !== true,
      };
    }
    if (isBlockFailure(error) && error.retryable && started.attempt < call.attempts)
      return { kind: "retry", code: error.code };
    const emissions = isBlockFailure(error) ? error.emitted : [];
    return finished({ status: "FAILED", endReason: "node_failed", emissions, error: recordedError(error) });
  } finally {
    clearTimeout(timer);
  }
}

async function emissionsOf(block: Block | undefined, inputs: Inputs, context: BlockContext): Promise<Emission[]> {
  if (isRemote(block)) return [...(await block.run(inputs, context))];
  if (isInline(block)) return [...(await (block.runRemote?.(inputs, context) ?? block.run(inputs)))];
  throw new Error("this block does not run as an activity");
}
