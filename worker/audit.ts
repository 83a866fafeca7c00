import type { Database } from "../db/client";
import {
  firstCursor,
  readEndedAmong,
  readHandedStops,
  readLive,
  readLiveAmong,
  readLivePath,
  type Cursor,
  type LiveExecution,
} from "../db/audit";
import type { ExecutionId, StopId } from "../graph/ids";
import {
  nodesStalled,
  parentEnded,
  recordEnded,
  stopUnfollowed,
  workflowEnded,
  workflowMissing,
  type Orphan,
} from "./orphans";
import type { WorkflowState, WorkflowStates } from "./workflow-states";

/** How long what may be on its way is left alone. */
export type Grace = {
  /** A start, a stop's hand-over. */
  readonly freshMs: number;
  /** A workflow that Temporal does not know; a node that nothing carries out. */
  readonly lostMs: number;
  /** A workflow that closes a moment after its record. */
  readonly closingMs: number;
  /** One that was told to look and still is open. */
  readonly toldMs: number;
};
const defaultGrace: Grace = { freshMs: 2_000, lostMs: 30_000, closingMs: 15_000, toldMs: 60_000 };

/** Live executions looked at in one round, and as many calls to Temporal at least. */
const page = 100;
/** Calls to Temporal at a time. */
const parallel = 10;

/** Where the next round goes on. */
export type Place = { readonly cursor: Cursor; readonly openPage: Uint8Array | null };
export const firstPlace: Place = { cursor: firstCursor, openPage: null };

export type Round = {
  readonly orphans: readonly Orphan[];
  readonly next: Place;
  /** Both walks are through. */ readonly done: boolean;
};

export type Audit = {
  /** Compares a page of each side; changes nothing. Throws where Temporal or Postgres do not answer: away is not gone. */
  round(place: Place): Promise<Round>;
  /** Only one execution and those above it; null: nothing is wrong. */
  examine(id: ExecutionId): Promise<Orphan | null>;
};

export type AuditDeps = { readonly db: Database; readonly states: WorkflowStates; readonly grace?: Grace | undefined };

export function createAudit({ db, states, grace = defaultGrace }: AuditDeps): Audit {
  /** Answers of one round are kept: many descendants ask for the same root. */
  type Describe = (id: ExecutionId | StopId) => Promise<WorkflowState>;
  const remembering = (): Describe => {
    const known = new Map<string, Promise<WorkflowState>>();
    return (id) => {
      const asked = known.get(id) ?? states.describe(id);
      known.set(id, asked);
      return asked;
    };
  };

  /** The first from the root down whose workflow is not there: what is below it has ended with it. */
  async function findGone(id: ExecutionId, describe: Describe): Promise<Orphan | null> {
    for (const execution of await readLivePath(db, id)) {
      const state = await describe(execution.id);
      if (state.kind === "closed") {
        return workflowEnded(execution, state, await states.readClosing(execution.id));
      }
      if (state.kind === "missing") {
        const late = !execution.starting && execution.ageMs >= grace.lostMs;
        return late ? workflowMissing(execution, execution.parentId, execution.ageMs) : null;
      }
    }
    return null;
  }

  async function judge(execution: LiveExecution, describe: Describe): Promise<Orphan | null> {
    if (execution.endedAncestor) return parentEnded(execution, execution.endedAncestor);
    const state = await describe(execution.id);
    if (state.kind !== "open") return findGone(execution.id, describe);
    const { dueForMs } = execution;
    return state.idle && dueForMs !== null && dueForMs >= grace.lostMs ? nodesStalled(execution, dueForMs) : null;
  }

  async function findUnfollowed(describe: Describe): Promise<(Orphan | null)[]> {
    const stops = await readHandedStops(db, { limit: page, minAgeMs: grace.freshMs });
    return inParallel(stops, async ({ stopId, executionId, rootId, ageMs }) => {
      const state = await describe(stopId);
      return state.kind === "open" ? null : stopUnfollowed(stopId, { id: executionId, rootId }, ageMs);
    });
  }

  async function findOpenOfEnded(ids: readonly string[], describe: Describe): Promise<(Orphan | null)[]> {
    const ended = await readEndedAmong(db, ids, grace.closingMs);
    return inParallel(ended.slice(0, page), async (execution) => {
      const { kind } = await describe(execution.id); // a list may be some seconds old
      const told = execution.endedForMs >= grace.toldMs;
      return kind === "open" ? recordEnded(execution, execution.endedForMs, told) : null;
    });
  }

  return {
    async round({ cursor, openPage }) {
      const describe = remembering();
      const open = await states.listOpen(openPage);
      const walk = await readLive(db, cursor, { limit: page, minAgeMs: grace.freshMs });
      // Where one page does not hold all that is live, those that Temporal has just ended come first.
      const isWhole = cursor === firstCursor && walk.next === null;
      const ended = isWhole ? [] : await readLiveAmong(db, await states.listEnded());
      const executions = [...ended.slice(0, page), ...walk.executions];
      const found = [
        ...(await inParallel(executions, (execution) => judge(execution, describe))),
        ...(await findUnfollowed(describe)),
        ...(await findOpenOfEnded(open.ids, describe)),
      ];
      const next = { cursor: walk.next ?? firstCursor, openPage: open.next };
      return { orphans: distinct(found), next, done: walk.next === null && open.next === null };
    },
    examine: (id) => findGone(id, remembering()),
  };
}

/** Many descendants lead to the same execution above them. */
function distinct(found: readonly (Orphan | null)[]): Orphan[] {
  const orphans = found.filter((orphan) => orphan !== null);
  return [...new Map(orphans.map((orphan) => [`${orphan.kind} ${orphan.executionId}`, orphan])).values()];
}

async function inParallel<T, Answer>(items: readonly T[], act: (item: T) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const queue = items.entries();
  const hands = Array.from({ length: parallel }, async () => {
    for (const [index, item] of queue) answers[index] = await act(item);
  });
  await Promise.all(hands);
  return answers;
}
