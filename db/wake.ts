import { randomBytes } from "node:crypto";
import { Client, type Pool } from "pg";
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

/** Notifies outside of any transaction, several in one statement. */
export async function notify(pool: Pool, channel: string, payloads: readonly string[]): Promise<void> {
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
