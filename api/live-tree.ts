import type { Database } from "../db/client";
import { readAncestors, readEvents, readIsOver, type EventRecord } from "../db/events";
import type { ExecutionId } from "../graph/ids";

/** Events of one read, and of one write to a client. */
const pageSize = 200;
/** Events of a tree that are kept in memory for those who follow it: who is further behind reads Postgres. */
const windowSize = 2_000;

/** An event as it is sent, made once for all who get it. */
export type Frame = Pick<EventRecord, "seq" | "type" | "executionId"> & { readonly text: string };

/** What is told to those who follow now, and kept nowhere. */
export type Note = { readonly type: string; readonly path: readonly ExecutionId[]; readonly text: string };

export type Follower = { readonly wake: () => void; readonly note: (note: Note) => void };

export type Step = {
  readonly frames: readonly Frame[];
  /** Where the follower stands now. */
  readonly position: number;
  /** Nothing more is known to be there. */
  readonly isLast: boolean;
};

/**
 * One tree as this process follows it, however many clients look: a window over its newest events, moved on by one reader.
 * A follower has a position and asks for what comes next, so that it can be slow without a gap and without a queue of its own.
 */
export type LiveTree = ReturnType<typeof createLiveTree>;

/** `seq`: the number of its last event now. `onFault` hears of a read that failed; the next look makes up for it. */
export function createLiveTree(db: Database, rootId: ExecutionId, seq: number, onFault: (error: unknown) => void) {
  const followers = new Set<Follower>();
  const paths = new Map<ExecutionId, readonly ExecutionId[]>();
  const shared = new Map<string, Promise<unknown>>();
  const over = new Map<ExecutionId, number>();
  let frames: Frame[] = []; // without gaps, the last one has the number `to`
  let to = seq;
  let isGone = false;
  let reading: Promise<void> | null = null;
  let again = false;

  /** Who asks for the same thing meanwhile gets the same answer. */
  function once<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const going = shared.get(key) as Promise<Answer> | undefined;
    if (going) return going;
    const answer = ask().finally(() => shared.delete(key));
    shared.set(key, answer);
    return answer;
  }

  async function readOn(): Promise<void> {
    for (again = true; again;) {
      again = false;
      const page = await readEvents(db, { rootId, within: null, after: to, limit: pageSize });
      isGone = page === null;
      const fresh = page?.events ?? [];
      if (fresh[0] && fresh[0].seq !== to + 1) frames = []; // retention has taken what is between
      frames = [...frames, ...fresh.map(toFrame)].slice(-windowSize);
      to = fresh.at(-1)?.seq ?? to;
      again ||= fresh.length === pageSize;
      if (fresh.length > 0 || isGone) followers.forEach(({ wake }) => wake());
    }
  }

  function look(): void {
    again = true;
    reading ??= readOn()
      .catch(onFault)
      .finally(() => (reading = null));
  }

  async function isWithin(found: readonly Frame[], top: ExecutionId): Promise<Frame[]> {
    const unknown = [...new Set(found.map(({ executionId }) => executionId))].filter((id) => !paths.has(id));
    if (unknown.length > 0) {
      const known = await once(unknown.join(), () => readAncestors(db, unknown));
      for (const { id, ancestors } of known) paths.set(id, [...ancestors, id]);
    }
    return found.filter(({ executionId }) => paths.get(executionId)?.includes(top));
  }

  return {
    rootId,
    look,
    /** A look where it has moved on without our being told; `undefined`: it is gone. */
    lookIfBehind(treeSeq: number | undefined): void {
      if (treeSeq !== to) look();
    },
    note: (note: Note) => followers.forEach((follower) => follower.note(note)),
    join: (follower: Follower) => void followers.add(follower),
    /** Answers whether nobody is left. */
    leave(follower: Follower): boolean {
      followers.delete(follower);
      return followers.size === 0;
    },
    /** What comes after a position, at most a page; null: it is not kept any more. */
    async next(position: number, top: ExecutionId): Promise<Step | null> {
      if (isGone) return null;
      if (position >= to) return { frames: [], position, isLast: true };
      const first = frames[0]?.seq ?? Infinity;
      if (position + 1 >= first) {
        const found = frames.slice(position + 1 - first, position + 1 - first + pageSize);
        const step = found.at(-1)?.seq ?? position;
        return { frames: top === rootId ? found : await isWithin(found, top), position: step, isLast: step >= to };
      }
      const page = await once(`${position} ${top}`, async () => {
        const read = await readEvents(db, { rootId, within: top, after: position, limit: pageSize });
        return read && read.firstSeq <= position + 1 ? { ...read, frames: read.events.map(toFrame) } : null;
      });
      return page && { frames: page.frames, position: page.lastSeq, isLast: page.lastSeq >= to };
    },
    /** The number after which nothing more comes of this execution; null: it goes on. */
    async findEnd(id: ExecutionId): Promise<number | null> {
      const known = over.get(id);
      if (known !== undefined) return known;
      const found = await once(`over ${id}`, () => readIsOver(db, id));
      if (!found?.isOver) return null;
      over.set(id, found.treeSeq);
      return found.treeSeq;
    },
  };
}

function toFrame(event: EventRecord): Frame {
  const { seq, type, executionId } = event;
  return { seq, type, executionId, text: `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n` };
}
