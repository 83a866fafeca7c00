import type { Logger } from "pino";
import type { Database } from "../db/client";
import { readOverdueStops, settleFenced } from "../db/stops";
import { outboxWake, type Wake } from "../db/wake";

const lookEveryMs = 1_000;

export type DeadlineWatch = { close(): Promise<void> };

/**
 * The second hand at a stop's deadline, without Temporal: where that is away, or gives the follow-up's tasks to a worker that
 * is frozen, code that has not ended is abandoned all the same. Settling is idempotent, so any number of workers may look.
 */
export function watchDeadlines(db: Database, wake: (wake: Wake) => void, log: Logger): DeadlineWatch {
  let closed = false;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    for (const { id, executionId } of await readOverdueStops(db)) {
      let settled = await settleFenced(db, id, []);
      while (!closed && !settled.quiesced && settled.swept > 0) settled = await settleFenced(db, id, []);
      if (settled.quiesced) [id, executionId, outboxWake].forEach(wake);
    }
  }

  const timer = setInterval(() => {
    looking ??= look()
      .catch((err: unknown) => log.warn({ err }, "could not look for stops whose deadline has passed"))
      .finally(() => (looking = null));
  }, lookEveryMs);
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      await looking;
    },
  };
}
