import { WorkflowNotFoundError, type Client } from "@temporalio/client";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../db/client";
import { closeStop, readFenced, readOpenStop, settleFenced, type OpenStop } from "../db/stops";
import { outboxWake } from "../db/wake";
import type { ExecutionId, StopId } from "../graph/ids";

export type StopFollowerDeps = {
  readonly db: Database;
  readonly client: Client;
  readonly wake: (wake: string) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
};

/** Calls to Temporal at a time: it closes 100 to 130 workflows a second however many ask. */
const parallel = 20;
/** How long a workflow has to close by its own cancellation before the target is terminated. */
const closeWithinMs = 20_000;

/**
 * What follows a fence, until the stop is closed: sweep what has not started, cancel the workflows in parallel, wait for quiet,
 * at the deadline give up what still runs, see every workflow closed, write the receipt. Every part is idempotent: after a
 * death it is begun again from the outbox.
 */
export async function followStop(deps: StopFollowerDeps, stopId: StopId): Promise<void> {
  const { db, log } = deps;
  const stop = await readOpenStop(db, stopId);
  if (!stop || stop.status === "CLOSED") return;
  const [cancelled] = await Promise.all([stop.cascade ? cancelAll(deps, stop) : 0, quiesce(deps, stop)]);
  [stopId, stop.executionId, outboxWake].forEach(deps.wake);
  await closeAll(deps, stop);
  await closeStop(db, stopId, cancelled);
  deps.wake(stopId);
  log.info({ stopId, executionId: stop.executionId, cancelled }, "stop closed");
}

/** Rows first: what has not started ends now, what runs ends as its workers say so, or at the deadline. */
async function quiesce({ db, signal }: StopFollowerDeps, { id }: OpenStop): Promise<void> {
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    const deadline = await readOpenStop(db, id);
    const abandon = deadline !== null && deadline.msToDeadline <= 0;
    const { quiesced, swept } = await settleFenced(db, id, { ended: [], abandon });
    if (quiesced) return;
    if (swept > 0) pauseMs = 5;
    else await sleep(pauseMs, undefined, { signal });
  }
}

async function cancelAll(deps: StopFollowerDeps, stop: OpenStop): Promise<number> {
  const fenced = await readFenced(deps.db, stop);
  let cancelled = 0;
  await inParallel(fenced, async ({ id, firstRunId }) => {
    const handle = deps.client.workflow.getHandle(id, undefined, firstRunId ? { firstExecutionRunId: firstRunId } : {});
    if ((await orNull(handle.cancel())) !== null) cancelled += 1;
  });
  return cancelled;
}

/** Closed: none is open. A workflow that does not follow its cancel in time is ended with the target, by the close policy. */
async function closeAll(deps: StopFollowerDeps, stop: OpenStop): Promise<void> {
  const since = performance.now();
  let open = (await readFenced(deps.db, stop)).map(({ id }) => id);
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 1_000)) {
    open = await stillOpen(deps, open);
    if (open.length === 0) return;
    if (performance.now() - since > closeWithinMs) {
      await inParallel(open, (id) => orNull(deps.client.workflow.getHandle(id).terminate(`treeline stop ${stop.id}`)));
    }
    await sleep(pauseMs, undefined, { signal: deps.signal });
  }
}

async function stillOpen({ client }: StopFollowerDeps, ids: readonly ExecutionId[]): Promise<ExecutionId[]> {
  const open: ExecutionId[] = [];
  await inParallel(ids, async (id) => {
    const description = await orNull(client.workflow.getHandle(id).describe());
    if (description?.status.name === "RUNNING") open.push(id);
  });
  return open;
}

/** null: Temporal knows no such workflow (any more). */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const workers = Array.from({ length: parallel }, async () => {
    for (const item of queue) await act(item);
  });
  await Promise.all(workers);
}
