import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { holdAudit, releaseAudit, repairOrphan } from "../db/audit";
import type { Database } from "../db/client";
import { outboxWake, type Wake } from "../db/wake";
import type { ExecutionId } from "../graph/ids";
import { firstPlace, type Audit } from "./audit";
import type { Orphan } from "./orphans";
import type { WorkflowStates } from "./workflow-states";

export type AuditorDeps = {
  readonly db: Database;
  readonly audit: Audit;
  readonly states: Pick<WorkflowStates, "terminate">;
  /** Pause between two rounds. */
  readonly everyMs: number;
  readonly wake: (wake: Wake) => void;
  readonly log: Logger;
};

/** Brings together what the record and Temporal disagree on. Of all workers one goes its rounds at a time. */
export type Auditor = {
  /** A workflow is said to be gone: resolves when the record knows. Never throws; what fails here the rounds find. */
  look(id: ExecutionId): Promise<void>;
  close(): Promise<void>;
};

/** The right to audit outlives this many rounds, so that a worker that died is replaced soon. */
const heldForRounds = 2.5;
/** Of the pause, while Temporal or Postgres do not answer. */
const longestPauseMs = 30_000;
/** What was told to look is not told again before. */
const againMs = 60_000;

export function startAuditor({ db, audit, states, everyMs, wake, log }: AuditorDeps): Auditor {
  const holder = randomUUID();
  const repaired = new Map<string, number>();
  let place = firstPlace;
  let pauseMs = everyMs;
  let closed = false;
  let looking: Promise<void> = Promise.resolve();

  async function repair(orphans: readonly Orphan[]): Promise<void> {
    for (const [key, at] of repaired) if (at < performance.now() - againMs) repaired.delete(key);
    for (const orphan of orphans) {
      const key = `${orphan.kind} ${orphan.repair.action} ${orphan.executionId}`;
      if (closed || repaired.has(key)) continue;
      await repairOne({ db, states, log }, orphan);
      repaired.set(key, performance.now());
    }
    if (orphans.length > 0) wake(outboxWake);
  }

  async function round(): Promise<void> {
    try {
      if (await holdAudit(db, holder, Math.max(heldForRounds * everyMs, 5_000))) {
        const found = await audit.round(place);
        place = found.next;
        await repair(found.orphans);
      }
      pauseMs = everyMs;
    } catch (err) {
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      if (!closed) log.warn({ err, nextInMs: pauseMs }, "the audit could not look at both sides: nothing is repaired");
    }
  }

  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const plan = () => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round().then(plan);
    }, pauseMs);
  };
  plan();

  return {
    // One at a time: of the nodes of one tree the first finds the fence to open, the others find it open.
    look(id) {
      looking = looking
        .then(async () => {
          const orphan = closed ? null : await audit.examine(id);
          if (orphan?.kind === "workflow_ended") await repairOne({ db, states, log }, orphan);
          if (orphan) wake(outboxWake);
        })
        .catch((err: unknown) => log.warn({ err, executionId: id }, "could not look at a workflow that is gone"));
      return looking;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([running, looking]);
      await releaseAudit(db, holder).catch(() => {}); // it runs out by itself
    },
  };
}

/** False: there was nothing to do any more. */
export async function repairOne(
  { db, states, log }: Pick<AuditorDeps, "db" | "states" | "log">,
  orphan: Orphan,
): Promise<boolean> {
  const { kind, executionId, rootId, says, would, repair } = orphan;
  if (repair.action === "terminate") await states.terminate(executionId, "treeline auditor: its record has ended");
  const done = await repairOrphan(db, orphan);
  if (done) log.warn({ kind, executionId, rootId, repair: repair.action }, `orphan: ${says}; ${would}`);
  return done;
}
