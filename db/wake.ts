import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Pool } from "pg";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import type { Database } from "./client";

/*
 * Wake-ups between processes. In a transaction NOTIFY is used for fences only (committing notifiers queue behind each other
 * over the whole instance); these go out after the commit, several in one statement, and a lost one only costs a poll.
 */

export const fenceChannel = "treeline_fence";
export const wakeChannel = "treeline_wake";

/** What a wake-up says: an execution or a stop has ended (its id), or the outbox has something. */
export type Wake = string;
export const outboxWake: Wake = "outbox";

/** Sends wake-ups, those of one turn of the event loop together. Faults are dropped: whoever waits also polls. */
export function createWaker(db: Database): (wake: Wake) => void {
  let queued: Set<Wake> | null = null;
  return (wake) => {
    if (queued) return void queued.add(wake);
    queued = new Set([wake]);
    setImmediate(() => {
      const wakes = [...(queued ?? [])];
      queued = null;
      notify(db.pool, wakeChannel, wakes).catch(() => {});
    });
  };
}

/** After a commit: which trees have new events, or what a node says while it runs. */
export const eventsChannel = "treeline_events";
/** Ids in one notice: Postgres takes 8,000 bytes. */
const rootsInNotice = 200;

export type NodeNote = {
  readonly type: "node.progress" | "node.token";
  readonly at: string;
  readonly rootId: ExecutionId;
  readonly executionId: ExecutionId;
  readonly nodeExecutionId: NodeExecutionId;
  /** From the root down to the execution itself. */
  readonly path: readonly ExecutionId[];
  readonly data: JsonObject;
};

/** What arrives on the channel of events. */
export function readNotice(payload: string): { readonly roots: readonly ExecutionId[] } | NodeNote {
  if (payload.startsWith("{")) return JSON.parse(payload) as NodeNote;
  return { roots: payload.split(",") as ExecutionId[] };
}

export type Announcer = {
  (rootId: ExecutionId): void;
  /** Resolves when all that was announced is sent. */
  flush(): Promise<void>;
};

/**
 * Tells whoever follows a tree that it has new events: the first at once, then what gathers, every 10 ms at most and one
 * statement at a time, so that a busy worker sends 100 notices a second and not one for each step.
 */
export function createAnnouncer(pool: Pool, everyMs = 10): Announcer {
  const roots = new Set<ExecutionId>();
  let sending: Promise<void> | null = null;

  async function sendAll(): Promise<void> {
    while (roots.size > 0) {
      const ids = [...roots];
      roots.clear();
      const notices = Array.from({ length: Math.ceil(ids.length / rootsInNotice) }, (_, index) =>
        ids.slice(index * rootsInNotice, (index + 1) * rootsInNotice).join(),
      );
      await notify(pool, eventsChannel, notices).catch(() => {});
      await sleep(everyMs);
    }
  }

  const announce = (rootId: ExecutionId) => {
    roots.add(rootId);
    sending ??= sendAll().finally(() => (sending = null));
  };
  return Object.assign(announce, { flush: async () => void (await sending) });
}

async function notify(pool: Pool, channel: string, payloads: readonly string[]): Promise<void> {
  await pool.query({
    name: "wake",
    text: "select pg_notify($1, w) from unnest($2::text[]) w",
    values: [channel, payloads],
  });
}

/** How often a listener sends itself a notice; one that hears none for three times as long takes its connection for dead. */
const echoEveryMs = 1_000;

export type Listener = {
  /** Whether notifications arrive now: its own echo does. */
  isListening(): boolean;
  close(): Promise<void>;
};

/**
 * Listens on its own connection and connects again when it is lost, after 100 ms to 2 s. `onConnect` runs each time it
 * listens (again): what was notified meanwhile is to be looked up. Each second it sends itself a notice: a connection that
 * is only silent, or a pooler that passes no notices on, is found out.
 */
export async function listen(
  databaseDirectUrl: string,
  channel: string,
  onNotice: (payload: string) => void,
  onConnect: () => void = () => {},
): Promise<Listener> {
  let client: Client | null = null;
  let closed = false;
  let retryMs = 100;
  let timer: NodeJS.Timeout | undefined;
  let echoedAt = 0;
  const echoChannel = `treeline_echo_${randomBytes(8).toString("hex")}`;
  const isSilent = () => performance.now() - echoedAt > 3 * echoEveryMs;

  async function connect(): Promise<void> {
    const fresh = new Client({
      connectionString: databaseDirectUrl,
      application_name: "treeline-listen",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    const lose = () => {
      if (client === fresh) client = null;
      fresh.removeAllListeners("end");
      fresh.end().catch(() => {});
      if (!closed) timer = setTimeout(again, (retryMs = Math.min(retryMs * 2, 2_000)));
    };
    fresh.on("error", () => {}); // `end` follows
    await fresh.connect();
    fresh.once("end", lose);
    fresh.on("notification", (notice) => {
      if (notice.channel === echoChannel) echoedAt = performance.now();
      else if (notice.payload) onNotice(notice.payload);
    });
    await fresh.query(`listen ${channel}; listen ${echoChannel}`); // names made in this file
    client = fresh;
    echoedAt = performance.now();
    retryMs = 100;
    onConnect();
  }

  function again(): void {
    connect().catch(() => {
      if (!closed) timer = setTimeout(again, (retryMs = Math.min(retryMs * 2, 2_000)));
    });
  }

  /** `end` makes the connection a lost one; a query that waits for its answer is cut off with it. */
  function echo(): void {
    if (client && isSilent()) void client.end().catch(() => {});
    client?.query(`notify ${echoChannel}`).catch(() => {});
  }

  await connect();
  const echoing = setInterval(echo, echoEveryMs);
  return {
    isListening: () => client !== null && !isSilent(),
    async close() {
      closed = true;
      clearInterval(echoing);
      clearTimeout(timer);
      await client?.end();
    },
  };
}
