import type { Logger } from "pino";
import type { BlockRegistry, Surroundings } from "../blocks/block";
import type { Database } from "../db/client";
import { readHead, takeOver } from "../db/state";
import { openFence } from "../db/stops";
import { outboxWake, type Wake } from "../db/wake";
import { TreelineError } from "../graph/errors";
import type { BlockCatalog } from "../graph/block";
import type { ExecutionId, NodeExecutionId, StopId } from "../graph/ids";
import type { Answer, StopSignal } from "../workflows/messages";
import { answerOver, createAdvance, held } from "./advance";
import { toTemporalFailure } from "./failures";
import { createDefinitions } from "./graphs";
import { createRunNode, type NodeCall } from "./run-node";
import { createRunningNodes } from "./running-nodes";
import { createSettle } from "./settle";
import { createSignals } from "./signals";

export type ActivityDeps = {
  readonly db: Database;
  readonly blocks: BlockRegistry;
  readonly catalog: BlockCatalog;
  readonly surroundings: Surroundings;
  /** Characters of JSON of one value that a node may emit. */
  readonly valueBytes?: number | undefined;
  /** Whether the chain of runs that began a workflow is still open at Temporal. */
  readonly isChainOpen: (workflowId: ExecutionId, firstRunId: string) => Promise<boolean>;
  /** A heartbeat was told that this execution's workflow has ended: resolves when the record knows. */
  readonly onWorkflowGone?: (executionId: ExecutionId) => Promise<void>;
  /** After a commit: an execution or a stop is over, or the outbox has something; whoever waits for it looks. */
  readonly wake: (wake: Wake) => void;
  readonly log: Logger;
};

const ended: Answer = { state: "ended", work: [], more: false };

/** How long a stop that came through Temporal's own doors waits for node code. */
const defaultDeadlineMs = 15_000;

/**
 * The activities. `record` are local ones, each a question to Postgres or a step; `nodes` are the remote blocks, one activity
 * type for each kind, so that the Web UI and the metrics speak of blocks.
 */
export function createActivities(deps: ActivityDeps) {
  const { db, blocks, log } = deps;
  const definitions = createDefinitions(db, deps.catalog);
  const running = createRunningNodes();
  const settle = createSettle(db, deps.wake);
  const advance = createAdvance({ db, blocks, definitions, wake: deps.wake, valueBytes: deps.valueBytes });
  const runNode = createRunNode({ ...deps, definitions, advance, running, settle });

  async function headOf(executionId: ExecutionId) {
    const head = await readHead(db, executionId);
    if (!head) throw new TreelineError("not_found", `no execution ${executionId}`);
    return head;
  }

  /** Under a fence nothing is begun: what has not started is settled, and the record says how it ended. */
  async function settleUnder(
    stopId: StopId,
    executionId: ExecutionId,
    over: readonly NodeExecutionId[] = [],
  ): Promise<Answer> {
    for (const id of over) await settle(stopId, id);
    while ((await settle(stopId, null)).swept > 0);
    return answerOver(await headOf(executionId)) ?? ended;
  }

  const record = {
    /** The first act of a workflow: refuses under a fence before anything else happens. */
    async begin(executionId: ExecutionId, firstRunId: string): Promise<Answer> {
      const head = await headOf(executionId);
      const over = answerOver(head);
      const isUnbegun = head.status === "QUEUED" && head.firstRunId === null;
      if (head.fence && (over?.state === "fenced" || isUnbegun)) return settleUnder(head.fence.stopId, executionId);
      if (over) return over;
      if (head.held) return held;
      if (isUnbegun) return advance.begin(head, firstRunId);
      if (head.firstRunId !== firstRunId) {
        // Begun by another chain of runs: while that is open this one is a no-op; a dead one is taken over.
        if (head.firstRunId && (await deps.isChainOpen(executionId, head.firstRunId))) return ended;
        if (!(await takeOver(db, executionId, head.firstRunId, firstRunId))) return ended;
        log.warn({ executionId, deadRunId: head.firstRunId }, "took over an execution whose workflow is gone");
      }
      return advance.outstanding(executionId, []);
    },
    /** Does what can be done, and answers what is outstanding beyond what the workflow knows. */
    outstanding: (executionId: ExecutionId, known: readonly NodeExecutionId[]): Promise<Answer> =>
      advance.outstanding(executionId, known),
    /** A timer has fired. */
    async wake(executionId: ExecutionId, id: NodeExecutionId): Promise<Answer> {
      return (await advance.record(executionId, { kind: "woken", id })).answer;
    },
    /** Temporal gave a node up: what is recorded stands, else it has failed. */
    async settleNode(executionId: ExecutionId, id: NodeExecutionId, endReason: "lost" | "timed_out"): Promise<Answer> {
      const message = `Temporal gave it up (${endReason})`;
      return (await advance.record(executionId, { kind: "lost", id, endReason, message })).answer;
    },
    /** A nested graph's workflow has not ended by itself: unless its record has, that is a stop of it alone. */
    async settleChild(executionId: ExecutionId, childId: ExecutionId): Promise<Answer> {
      const fenced = await openFence(db, { executionId: childId, ...fromTemporal("terminate") });
      if ("stopId" in fenced) await settle(fenced.stopId, null);
      return (await advance.record(executionId, null)).answer;
    },
    /** A user's `stop` signal: the fence first, then the same path as every stop. */
    async fenceSignalled(executionId: ExecutionId, { reason, by }: StopSignal): Promise<void> {
      const asked = fromTemporal("signal");
      await openFence(db, { executionId, ...asked, reason: reason ?? null, requestedBy: by ?? asked.requestedBy });
      deps.wake(outboxWake);
    },
    ...createSignals(deps),
    /** The workflow was cancelled: by a stop, which has fenced it, or by somebody else, and then that is a stop too. */
    async fenceCancelled(executionId: ExecutionId): Promise<Answer> {
      const found = answerOver(await headOf(executionId));
      if (found) return found;
      await openFence(db, { executionId, ...fromTemporal("cancel") });
      deps.wake(outboxWake);
      return { state: "fenced", work: [], more: false };
    },
    /** After a cancel, when all that the workflow had in flight has ended. */
    async settleUnderFence(executionId: ExecutionId, over: readonly NodeExecutionId[]): Promise<Answer> {
      const head = await headOf(executionId);
      return head.fence ? settleUnder(head.fence.stopId, executionId, over) : (answerOver(head) ?? ended);
    },
  };

  const nodes = Object.fromEntries(
    [...blocks.values()].flatMap(({ definition: { name, placement } }) =>
      placement === "remote" || placement === "inline" ? [[name, (call: NodeCall) => runNode(call)]] : [],
    ),
  );
  return { record: translate(record), nodes, running };
}

export type RecordActivities = ReturnType<typeof createActivities>["record"];

/** A stop that nobody sent by HTTP. */
function fromTemporal(cause: "signal" | "cancel" | "terminate") {
  const deadlineMs = defaultDeadlineMs;
  return { cause, requestedBy: `temporal ${cause}`, reason: null, deadlineMs, cascade: true, force: false } as const;
}

/** Errors leave as Temporal failures that carry a class and a code only. */
function translate<T extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toTemporalFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
