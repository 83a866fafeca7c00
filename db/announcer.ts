import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import { notify } from "./wake";

/** After a commit: which trees have new events. And what a node says while it runs, which is kept nowhere. */
export const eventsChannel = "treeline_events";

/** Postgres takes 7,999 bytes in one notice: so many ids, and so much of a text, each character 6 bytes at most as JSON. */
const rootsInNotice = 200;
const longestText = 800;
const longestNotice = 7_999;
/** Of one node between two notices; what it says beyond is left out. */
const mostText = 20 * longestText;
/** A busy worker sends 100 statements a second, not one for each step. */
const everyMs = 10;

export type NodePlace = {
  readonly rootId: ExecutionId;
  readonly executionId: ExecutionId;
  readonly nodeExecutionId: NodeExecutionId;
  /** From the root down to the execution itself. */
  readonly path: readonly ExecutionId[];
  readonly nodeId: string;
};

/** How far a node is. */
export type Progress = { readonly done: number; readonly total?: number; readonly message?: string };

export type NodeNote = Omit<NodePlace, "nodeId"> & {
  readonly type: "node.progress" | "node.token";
  readonly at: string;
  readonly data: JsonObject;
};

export type Announcer = {
  /** To be called after a commit that wrote events of this tree. */
  readonly announce: (rootId: ExecutionId) => void;
  /** Of one node the last progress counts, and texts are joined. */
  readonly tellProgress: (place: NodePlace, progress: Progress) => void;
  readonly tellText: (place: NodePlace, text: string) => void;
  /** Resolves when all that was announced is sent. */
  flush(): Promise<void>;
};

/**
 * Tells whoever follows a tree: the first thing at once, then what has gathered every 10 ms, in one statement at a time. What
 * is lost with a fault is made up for by a look, or was kept nowhere.
 */
export function createAnnouncer(pool: Pool): Announcer {
  const roots = new Set<ExecutionId>();
  const progress = new Map<NodeExecutionId, [NodePlace, Progress]>();
  const texts = new Map<NodeExecutionId, [NodePlace, string]>();
  let sending: Promise<void> | null = null;

  function takeNotices(): string[] {
    const notices = [
      ...[...texts.values()].flatMap(([place, text]) =>
        slices(text.length, longestText, (from, to) => noteOf("node.token", place, { text: text.slice(from, to) })),
      ),
      ...[...progress.values()].map(([place, said]) =>
        noteOf("node.progress", place, {
          done: said.done,
          ...(said.total === undefined ? {} : { total: said.total }),
          ...(said.message === undefined ? {} : { message: said.message.slice(0, longestText) }),
        }),
      ),
      ...slices(roots.size, rootsInNotice, (from, to) => [...roots].slice(from, to).join()),
    ];
    for (const taken of [roots, progress, texts]) taken.clear();
    return notices.filter((notice) => Buffer.byteLength(notice) <= longestNotice); // a path of 100 levels and more
  }

  async function sendAll(): Promise<void> {
    while (roots.size + progress.size + texts.size > 0) {
      await notify(pool, eventsChannel, takeNotices()).catch(() => {});
      await sleep(everyMs);
    }
  }
  const send = () => void (sending ??= sendAll().finally(() => (sending = null)));

  return {
    announce(rootId) {
      roots.add(rootId);
      send();
    },
    tellProgress(place, said) {
      progress.set(place.nodeExecutionId, [place, said]);
      send();
    },
    tellText(place, text) {
      const before = texts.get(place.nodeExecutionId)?.[1] ?? "";
      texts.set(place.nodeExecutionId, [place, (before + text).slice(0, mostText)]);
      send();
    },
    flush: async () => void (await sending),
  };
}

/** What arrives on the channel of events. */
export function readNotice(payload: string): { readonly roots: readonly ExecutionId[] } | NodeNote {
  if (payload.startsWith("{")) return JSON.parse(payload) as NodeNote;
  return { roots: payload.split(",") as ExecutionId[] };
}

function noteOf(type: NodeNote["type"], { nodeId, ...place }: NodePlace, data: JsonObject): string {
  const note: NodeNote = { type, at: new Date().toISOString(), ...place, data: { nodeId, ...data } };
  return JSON.stringify(note);
}

function slices<Slice>(length: number, size: number, make: (from: number, to: number) => Slice): Slice[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => make(index * size, (index + 1) * size));
}
