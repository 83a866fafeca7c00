import type { Logger } from "pino";
import type { Database } from "../db/client";
import { deleteOldEvents, deleteOldTrees } from "../db/retention";

const everyMs = 600_000;

/** Ages in ms; null: for ever. */
export type Kept = { readonly endedMs: number | null; readonly eventsMs: number | null };

/** Deletes what is older than it is to be kept, now and every 10 minutes. Answers what ends it. */
export function startRetention(db: Database, { endedMs, eventsMs }: Kept, log: Logger): () => Promise<void> {
  if (endedMs === null && eventsMs === null) return () => Promise.resolve();

  async function sweep(): Promise<void> {
    const trees = endedMs === null ? 0 : await deleteOldTrees(db, endedMs);
    const events = eventsMs === null ? 0 : await deleteOldEvents(db, eventsMs);
    if (trees + events > 0) log.info({ trees, events }, "deleted what was kept long enough");
  }
  let sweeping: Promise<void> = Promise.resolve();
  const begin = () => {
    sweeping = sweep().catch((err: unknown) => log.warn({ err }, "old trees and events stay for now"));
  };
  begin();
  const timer = setInterval(begin, everyMs);
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
