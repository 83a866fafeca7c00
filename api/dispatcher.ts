import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import type { Logger } from "pino";
import type { Database } from "../db/client";
import { claimOutbox, deleteOutbox, deleteStart, readStartFacts, type OutboxRow, type StartFacts } from "../db/outbox";
import { listen, outboxWake, wakeChannel, type Listener } from "../db/wake";
import type { ExecutionId, StopId } from "../graph/ids";
import { searchAttributeNames, signalNames, type ExecutionInput } from "../workflows/messages";
import { followStop } from "./stop-follower";

const rootKey = defineSearchAttributeKey(searchAttributeNames.root, SearchAttributeType.KEYWORD);
const graphKey = defineSearchAttributeKey(searchAttributeNames.graph, SearchAttributeType.KEYWORD);

/** The fallback where no wake-up came; also how soon what failed is looked at again. */
const pollEveryMs = 1_000;
/** A claimed row that is not deleted by then belongs to a dispatcher that died. */
const againMs = 10_000;
const batch = 100;

export type DispatcherDeps = {
  readonly db: Database;
  readonly databaseDirectUrl: string;
  readonly client: Client;
  readonly taskQueue: string;
  /** The client shares a worker's connection: the first workflow task may come with the answer to the start. */
  readonly eager: boolean;
  readonly wake: (wake: string) => void;
  readonly log: Logger;
};

/** Carries to Temporal what the outbox says, at least once, in order of its rows; any number of them may run. */
export type Dispatcher = {
  /** Tries at once what a caller has just recorded; where Temporal is away the outbox row stays and is carried out later. */
  startNow(executionId: ExecutionId): Promise<void>;
  /** Goes on with a stop in the background. */
  followStop(stopId: StopId): void;
  close(): Promise<void>;
};

export async function createDispatcher(deps: DispatcherDeps): Promise<Dispatcher> {
  const { db, client, log } = deps;
  const closing = new AbortController();
  const following = new Map<StopId, Promise<void>>();
  let round: Promise<void> | null = null;
  let again = false;

  async function start(executionId: ExecutionId): Promise<void> {
    const facts = await readStartFacts(db, executionId);
    if (facts) await startWorkflow(executionId, facts);
    await deleteStart(db, executionId);
  }

  async function startWorkflow(executionId: ExecutionId, { rootId, graphId, graphName }: StartFacts): Promise<void> {
    try {
      await client.workflow.start("execution", {
        workflowId: executionId,
        taskQueue: deps.taskQueue,
        args: [{ executionId } satisfies ExecutionInput],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        typedSearchAttributes: [
          { key: rootKey, value: rootId },
          { key: graphKey, value: graphId },
        ],
        staticSummary: graphName.slice(0, 100),
        requestEagerStart: deps.eager,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error; // an earlier try has reached Temporal
    }
  }

  async function poke(executionId: ExecutionId): Promise<void> {
    try {
      await client.workflow.getHandle(executionId).signal(signalNames.poke);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error; // it has closed: nothing is left to look at
    }
  }

  function follow(stopId: StopId): Promise<void> {
    const going = following.get(stopId);
    if (going) return going;
    const run = followStop({ ...deps, signal: closing.signal }, stopId).finally(() => following.delete(stopId));
    following.set(stopId, run);
    return run;
  }

  async function carryOut(row: OutboxRow): Promise<void> {
    try {
      if (row.kind === "start") return await start(row.subjectId);
      await (row.kind === "poke" ? poke(row.subjectId) : follow(row.subjectId));
      await deleteOutbox(db, [row.id]);
    } catch (err) {
      if (!closing.signal.aborted) log.warn({ err, outbox: row }, "could not be carried to Temporal yet");
    }
  }

  async function carryOutAll(): Promise<void> {
    do {
      again = false;
      const rows = await claimOutbox(db, batch, againMs);
      const all = Promise.all(rows.map(carryOut));
      // A stop takes its time; what comes after it does not wait for it.
      if (rows.some((row) => row.kind === "stop")) void all;
      else await all;
      again ||= rows.length === batch;
    } while (again && !closing.signal.aborted);
  }

  function look(): void {
    again = true;
    round ??= carryOutAll()
      .catch((err: unknown) => log.warn({ err }, "could not read the outbox"))
      .finally(() => (round = null));
  }

  const listener: Listener = await listen(
    deps.databaseDirectUrl,
    wakeChannel,
    (wake) => wake === outboxWake && look(),
    look,
  );
  const timer = setInterval(look, pollEveryMs);
  return {
    async startNow(executionId) {
      try {
        await start(executionId);
      } catch (err) {
        log.warn({ err, executionId }, "Temporal did not take the start: the dispatcher will try again");
      }
    },
    followStop: (stopId) =>
      void follow(stopId).catch((err: unknown) => log.warn({ err, stopId }, "the stop goes on later")),
    async close() {
      clearInterval(timer);
      closing.abort();
      await listener.close();
      await round;
      await Promise.allSettled(following.values());
    },
  };
}
