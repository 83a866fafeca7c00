import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
  type WorkflowStartOptions,
} from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../db/client";
import {
  claimOutbox,
  deleteOutbox,
  deleteStarts,
  readStartFacts,
  readStopFacts,
  type OutboxRow,
  type StartFacts,
} from "../db/outbox";
import { stopOverdue } from "../db/run-time";
import { settleFenced } from "../db/stops";
import { admitRoots, isLimited, noLimit, type Places } from "../db/places";
import { listen, outboxWake, wakeChannel, type Listener } from "../db/wake";
import type { ExecutionId, StopId } from "../graph/ids";
import {
  searchAttributeNames,
  signalNames,
  stopQueue,
  type ExecutionInput,
  type StopInput,
} from "../workflows/messages";

const rootKey = defineSearchAttributeKey(searchAttributeNames.root, SearchAttributeType.KEYWORD);
const graphKey = defineSearchAttributeKey(searchAttributeNames.graph, SearchAttributeType.KEYWORD);

/** The fallback where no wake-up came; also how soon what failed is looked at again. */
const pollEveryMs = 1_000;
/** A claimed row that is not deleted by then belongs to a dispatcher that died. */
const againMs = 10_000;
/** What has been started leaves the outbox in one statement each 100 ms; a start is due 2 s after it was recorded. */
const forgetEveryMs = 100;
const batch = 100;

export type DispatcherDeps = {
  readonly db: Database;
  readonly databaseDirectUrl: string;
  readonly client: Client;
  readonly taskQueue: string;
  /** The client shares a worker's connection: the first workflow task may come with the answer to the start. */
  readonly eager: boolean;
  /** Roots beyond these stay QUEUED until another ends. */
  readonly places?: Places | undefined;
  readonly wake: (wake: string) => void;
  /** A fence that a caller asked for is committed, and nothing has followed yet; tests let the process die there. */
  readonly reached?: ((point: "after-fence") => void) | undefined;
  readonly log: Logger;
};

/** Carries to Temporal what the outbox says, at least once, in order of its rows; any number of them may run. */
export type Dispatcher = {
  /**
   * Tries at once what a caller has just recorded, whose `facts` need no query then; where Temporal is away the outbox row stays
   * and is carried out later.
   */
  startNow(executionId: ExecutionId, facts?: StartFacts | null): Promise<void>;
  /** Tries at once, in the background, what follows a fence: sweeps a batch, starts the follow-up; else the outbox row stays. */
  followStop(stopId: StopId): void;
  close(): Promise<void>;
};

export async function createDispatcher(deps: DispatcherDeps): Promise<Dispatcher> {
  const { db, client, log } = deps;
  const closing = new AbortController();
  const following = new Set<Promise<void>>();
  let round: Promise<void> | null = null;
  let overdue: Promise<unknown> | null = null;
  const started = new Set<ExecutionId>();
  let forgetting: Promise<void> | null = null;
  let again = false;
  const places = deps.places ?? noLimit;
  const limited = isLimited(places);
  /** Where a limit was lifted, those that waited for it go on. */
  let admittedOnce = false;

  async function start(executionId: ExecutionId, known: StartFacts | null = null): Promise<void> {
    const facts = known ?? (await readStartFacts(db, executionId));
    if (facts) {
      await startWorkflow("execution", executionId, facts, {
        taskQueue: deps.taskQueue,
        args: [{ executionId } satisfies ExecutionInput],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: facts.graphName.slice(0, 100),
      });
    }
    await forget(executionId);
  }

  async function startStop(stopId: StopId): Promise<void> {
    const facts = await readStopFacts(db, stopId);
    if (facts) {
      await startWorkflow("stop", stopId, facts, {
        taskQueue: stopQueue(deps.taskQueue),
        args: [{ stopId } satisfies StopInput],
        // One that was terminated may be started again: beginning again is going on.
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        staticSummary: `stop: ${facts.graphName.slice(0, 90)}`,
        workflowTaskTimeout: "3 seconds", // how long a dead worker keeps one; the default is 10 s
      });
    }
    await deleteStarts(db, [stopId]); // at once: its row is due already
  }

  /** Its row leaves the outbox, at once or with those that follow; one that stays is started again, which Temporal refuses. */
  async function forget(id: ExecutionId): Promise<void> {
    if (closing.signal.aborted) return deleteStarts(db, [id]);
    started.add(id);
    forgetting ??= forgetAll();
  }

  async function forgetAll(): Promise<void> {
    while (started.size > 0) {
      const ids = [...started];
      started.clear();
      await deleteStarts(db, ids).catch((err: unknown) => log.warn({ err }, "what is started stays in the outbox"));
      if (!closing.signal.aborted) await sleep(forgetEveryMs);
    }
    forgetting = null;
  }

  async function startWorkflow(
    type: "execution" | "stop",
    workflowId: ExecutionId | StopId,
    { rootId, graphId }: StartFacts,
    options: Pick<
      WorkflowStartOptions,
      "taskQueue" | "args" | "workflowIdReusePolicy" | "staticSummary" | "workflowTaskTimeout"
    >,
  ): Promise<void> {
    try {
      await client.workflow.start(type, {
        ...options,
        workflowId,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        typedSearchAttributes: [
          { key: rootKey, value: rootId },
          { key: graphKey, value: graphId },
        ],
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

  async function follow(stopId: StopId): Promise<void> {
    deps.reached?.("after-fence");
    const [started, swept] = await Promise.allSettled([startStop(stopId), settleFenced(db, stopId, [])]);
    if (swept.status === "fulfilled" && swept.value.quiesced) deps.wake(stopId);
    if (started.status === "rejected") throw started.reason;
  }

  async function carryOut(row: OutboxRow): Promise<void> {
    try {
      if (row.kind === "start") return await start(row.subjectId);
      if (row.kind === "stop") return await startStop(row.subjectId);
      await poke(row.subjectId);
      await deleteOutbox(db, [row.id]);
    } catch (err) {
      if (!closing.signal.aborted) log.warn({ err, outbox: row }, "could not be carried to Temporal yet");
    }
  }

  async function carryOutAll(): Promise<void> {
    do {
      again = false;
      if (limited || !admittedOnce) await admitRoots(db, places);
      admittedOnce = true;
      const rows = await claimOutbox(db, batch, againMs);
      await Promise.all(rows.map(carryOut));
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
    // Where places are few any end of an execution may free one.
    (wake) => (wake === outboxWake || limited) && look(),
    look,
  );
  const timer = setInterval(() => {
    look();
    overdue ??= stopOverdue(db)
      .then((stops) => stops > 0 && look())
      .catch((err: unknown) => log.warn({ err }, "could not look for executions whose time is up"))
      .finally(() => (overdue = null));
  }, pollEveryMs);
  return {
    async startNow(executionId, facts) {
      try {
        if (limited) look();
        else await start(executionId, facts);
      } catch (err) {
        log.warn({ err, executionId }, "Temporal did not take the start: the dispatcher will try again");
      }
    },
    followStop(stopId) {
      const run = follow(stopId)
        .catch((err: unknown) =>
          log.warn({ err, stopId }, "Temporal did not take the stop: the dispatcher will try again"),
        )
        .finally(() => following.delete(run));
      following.add(run);
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      await listener.close();
      await round;
      await Promise.all(following);
      await overdue;
      await forgetting;
    },
  };
}
