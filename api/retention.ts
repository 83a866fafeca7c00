import type { Logger } from "pino";
import type { Database } from "../db/client";
import { deleteOldEvents, deleteOldTrees, deleteUnusedBlobs } from "../db/retention";

const everyMs = 600_000;
/** What no tree uses yet: the step that will, or the start that a file was sent for, may still come. */
const unusedMs = 86_400_000;

/** Ages in ms; null: for ever. */
export type Kept = { readonly endedMs: number | null; readonly eventsMs: number | null };

/** Deletes what is older than it is to be kept, now and every 10 minutes. Answers what ends it. */
export function startRetention(db: Database, { endedMs, eventsMs }: Kept, log: Logger): () => Promise<void> {
  async function sweep(): Promise<void> {
    const trees = endedMs === null ? 0 : await deleteOldTrees(db, endedMs);
    const events = eventsMs === null ? 0 : await deleteOldEvents(db, eventsMs);
    const blobs = await deleteUnusedBlobs(db, unusedMs);
    if (trees + events + blobs > 0) log.info({ trees, events, blobs }, "deleted what was kept long enough");
  }
  let sweeping: Promise<void> = Promise.resolve();
  const begin = () => {
    sweeping = sweep().catch((err: unknown) => log.warn({ err }, "what is old stays for now"));
  };
  begin();
  const timer = setInterval(begin, everyMs);
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
