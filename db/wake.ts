import { Client } from "pg";
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
      db.pool
        .query({
          name: "wake",
          text: "select pg_notify($1, w) from unnest($2::text[]) w",
          values: [wakeChannel, wakes],
        })
        .catch(() => {});
    });
  };
}

export type Listener = {
  /** Whether notifications arrive now. */
  isListening(): boolean;
  close(): Promise<void>;
};

/**
 * Listens on its own connection and connects again when it is lost, after 100 ms to 2 s. `onConnect` runs each time it
 * listens (again): what was notified meanwhile is to be looked up.
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

  async function connect(): Promise<void> {
    const fresh = new Client({
      connectionString: databaseDirectUrl,
      application_name: "treeline-listen",
      keepAlive: true,
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
    fresh.on("notification", (notice) => notice.payload && onNotice(notice.payload));
    await fresh.query(`listen ${channel}`); // a constant of this file
    client = fresh;
    retryMs = 100;
    onConnect();
  }

  function again(): void {
    connect().catch(() => {
      if (!closed) timer = setTimeout(again, (retryMs = Math.min(retryMs * 2, 2_000)));
    });
  }

  await connect();
  return {
    isListening: () => client !== null,
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
