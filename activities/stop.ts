import { Context, sleep } from "@temporalio/activity";
import type { Logger } from "pino";
import type { Database } from "../db/client";
import { stopDetached } from "../db/detached";
import { closeStop, readFenced, readOpenStop, settleFenced, type OpenStop } from "../db/stops";
import { outboxWake, type Wake } from "../db/wake";
import type { ExecutionId, StopId } from "../graph/ids";
import { retryableFailure, toTemporalFailure } from "./failures";

/** What a stop asks of Temporal; false: it knows no such open workflow. */
export type Workflows = {
  cancel(id: ExecutionId, firstRunId: string | null): Promise<boolean>;
  terminate(id: ExecutionId, reason: string): Promise<boolean>;
  isOpen(id: ExecutionId): Promise<boolean>;
};

/** Points of a stop at which tests let the process die. */
export type StopPoint = "after-fence" | "after-push" | "in-sweep" | "before-receipt";

export type StopDeps = {
  /** A small pool of its own. */
  readonly db: Database;
  readonly workflows: Workflows;
  readonly wake: (wake: Wake) => void;
  readonly reached?: ((point: StopPoint) => void) | undefined;
  readonly log: Logger;
};

const heartbeatMs = 1_000;
/** Calls to Temporal at a time: it closes 100 to 130 workflows a second however many ask. */
const parallel = 20;
/** Up to so many workflows each closes by its own cancellation; of more, those below the target are closed once it is quiet. */
const cancelledAtMost = 50;
const quietWithinMs = 1_000;
/** How often a stop is looked at whose nodes still run; their workers settle them, this finds the rest. */
const sweepEveryMs = 500;
const lookEveryMs = 50;
/** Without a workflow closing for so long the target is terminated, and its close policy takes what is below. */
const closeWithinMs = 15_000;
/** For so long the target alone is asked whether it has closed. */
const targetOnlyMs = 3_000;
/** Open workflows that are asked at a time whether they have closed. */
const askAtATime = 50;

/** The parts of a stop's follow-up. Each begins with what Postgres says, so beginning again is the same as going on. */
export function createStopActivities({ db, workflows, wake, reached = () => {}, log }: StopDeps) {
  /** Workflows that Temporal has said are closed, by stop: they need not be asked. Another process asks again. */
  const knownClosed = new Map<StopId, Set<ExecutionId>>();

  async function findOpen(stopId: StopId): Promise<OpenStop> {
    const stop = await readOpenStop(db, stopId);
    if (!stop) throw new Error(`no stop ${stopId}`);
    return stop;
  }

  /** Each gets a stop of its own, with a follow-up of its own. */
  async function fenceDetached(stopId: StopId): Promise<void> {
    if ((await stopDetached(db, stopId)) > 0) wake(outboxWake);
  }

  /** Pauses, but not beyond the moment when the stop's own state has changed. */
  async function pause(stopId: StopId, ms: number): Promise<void> {
    for (const until = performance.now() + ms; performance.now() < until;) {
      await sleep(Math.min(lookEveryMs, ms));
      if ((await findOpen(stopId)).status !== "STOPPING") return;
    }
  }

  const activities = {
    /** What has not started ends now; what runs ends as its workers say so, at the deadline as abandoned. */
    async quiesce(stopId: StopId): Promise<void> {
      const detached = fenceDetached(stopId);
      detached.catch(() => {}); // it is waited for below
      for (let pauseMs = 10; ; pauseMs = Math.min(2 * pauseMs, sweepEveryMs)) {
        const settled = await settleFenced(db, stopId, []);
        reached("in-sweep");
        if (settled.quiesced) break;
        Context.current().heartbeat(settled);
        if (settled.swept > 0) pauseMs = 5;
        else await pause(stopId, Math.max(1, Math.min(pauseMs, settled.msToDeadline ?? pauseMs)));
      }
      await detached;
      const { executionId } = await findOpen(stopId);
      [stopId, executionId, outboxWake].forEach(wake);
    },

    /** The target and, at once and in parallel, all below it; under a `self` fence the target alone, when it is quiet. */
    async cancel(stopId: StopId): Promise<number> {
      let stop = await findOpen(stopId);
      for (; !stop.cascade && stop.status === "STOPPING"; stop = await findOpen(stopId)) await sleep(lookEveryMs);
      const under = await readFenced(db, stop);
      if (under.length > cancelledAtMost) {
        const until = performance.now() + quietWithinMs;
        for (; stop.status === "STOPPING" && performance.now() < until; stop = await findOpen(stopId)) await sleep(20);
      }
      // Nothing is left to be done in a workflow below a quiet target: closed from outside, it takes no task of its own.
      const isQuiet = under.length > cancelledAtMost && stop.status !== "STOPPING";
      const closed = new Set<ExecutionId>();
      if (isQuiet) knownClosed.set(stopId, closed);
      let cancelled = 0;
      await inParallel(under, async ({ id, firstRunId }) => {
        Context.current().cancellationSignal.throwIfAborted();
        const closes = isQuiet && id !== stop.executionId;
        const isKnown = closes ? workflows.terminate(id, reasonOf(stopId)) : workflows.cancel(id, firstRunId);
        if (await isKnown) cancelled += 1;
        if (closes) closed.add(id);
      });
      return cancelled;
    },

    /** None is open. Answers how many had to be terminated. */
    async seeClosed(stopId: StopId): Promise<number> {
      const stop = await findOpen(stopId);
      const under = (await readFenced(db, stop)).map(({ id }) => id);
      const closed = knownClosed.get(stopId);
      knownClosed.delete(stopId);
      let open = [stop.executionId, ...under.filter((id) => id !== stop.executionId && !closed?.has(id))];
      const began = performance.now();
      let closing = began;
      let terminated = 0;
      for (let pauseMs = 20; open.length > 0;) {
        // As a rule it closes last, or takes with it what is below: until then the others need not be asked.
        const targetOnly = open[0] === stop.executionId && performance.now() - began < targetOnlyMs;
        const asked = open.slice(0, targetOnly ? 1 : askAtATime);
        const left = await stillOpen(asked);
        if (left.length < asked.length) closing = performance.now();
        open = [...left, ...open.slice(asked.length)];
        Context.current().heartbeat({ open: open.length });
        if (left.length === 0) continue;
        if (performance.now() - closing > closeWithinMs) {
          const targets = terminated === 0 && open.includes(stop.executionId) ? [stop.executionId] : open;
          log.warn({ stopId, workflows: targets.length }, "workflows did not follow their cancel: terminating them");
          await inParallel(targets, (id) => workflows.terminate(id, reasonOf(stopId)));
          terminated += targets.length;
          closing = performance.now();
        }
        await sleep(pauseMs);
        pauseMs = Math.min(1.5 * pauseMs, targetOnly ? 200 : 1_000);
      }
      return terminated;
    },

    async writeReceipt(stopId: StopId): Promise<string> {
      await fenceDetached(stopId); // a request that joined may have asked for it
      reached("before-receipt");
      const outcome = await closeStop(db, stopId);
      if (outcome === null) throw new Error(`stop ${stopId} is not quiet`);
      wake(stopId);
      log.info({ stopId, outcome }, "stop closed");
      return outcome;
    },
  };

  async function stillOpen(ids: readonly ExecutionId[]): Promise<ExecutionId[]> {
    const open = new Set<ExecutionId>();
    await inParallel(ids, async (id) => void ((await workflows.isOpen(id)) && open.add(id)));
    return ids.filter((id) => open.has(id));
  }

  return {
    quiesce: beating(activities.quiesce),
    cancel: beating(activities.cancel),
    seeClosed: beating(activities.seeClosed),
    writeReceipt: beating(activities.writeReceipt),
  };
}

export type StopActivities = ReturnType<typeof createStopActivities>;

/** Heartbeats while it works; a worker that shuts down hands it to another one. */
function beating<Result>(work: (stopId: StopId) => Promise<Result>) {
  return async (stopId: StopId): Promise<Result> => {
    const context = Context.current();
    const { cancellationSignal } = context;
    const timer = setInterval(() => context.heartbeat(), heartbeatMs);
    try {
      return await work(stopId);
    } catch (error) {
      throw cancellationSignal.aborted ? retryableFailure("worker_shutdown") : toTemporalFailure(error);
    } finally {
      clearInterval(timer);
    }
  };
}

function reasonOf(stopId: StopId): string {
  return `treeline stop ${stopId}`;
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const hands = Array.from({ length: parallel }, async () => {
    for (const item of queue) await act(item);
  });
  await Promise.all(hands);
}
