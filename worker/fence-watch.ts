import type { Logger } from "pino";
import type { FenceNotice, RunningNodes } from "../activities/running-nodes";
import type { StopPoint } from "../activities/stop";
import type { Database } from "../db/client";
import { readFenceNews } from "../db/fences";
import { fenceChannel, listen } from "../db/wake";

/** How often fences are looked for that no notification told of. */
const lookEveryMs = 1_000;
/** A process that has heard nothing for so long, by notification or by looking, starts no node until it does. */
const deafAfterMs = 3_000;

export type FenceWatch = { close(): Promise<void> };

/**
 * The push: a fence aborts the node code that runs under it in this process, within milliseconds, or at the next look. What
 * the record has ended without its code (a stop's deadline) is given up.
 */
export async function watchFences(
  db: Database,
  databaseDirectUrl: string,
  running: RunningNodes,
  log: Logger,
  reached: (point: StopPoint) => void = () => {},
): Promise<FenceWatch> {
  let heardAt = performance.now();
  let deaf = false;

  const abort = (fence: FenceNotice, way: "push" | "look") => {
    const aborted = running.abort(fence);
    if (aborted > 0) log.info({ ...fence, aborted, way }, "aborted nodes under a fence");
  };

  function hear(): void {
    heardAt = performance.now();
    if (deaf) log.info("hears of fences again");
    deaf = false;
    running.setHearing(true);
  }

  async function look(): Promise<void> {
    const { fences, ended } = await readFenceNews(db, running.roots(), running.ids());
    for (const fence of fences) abort(fence, "look");
    const givenUp = running.giveUp(ended);
    if (givenUp > 0) log.warn({ givenUp }, "gave up nodes that the record has ended without their code");
    hear();
  }
  const lookQuietly = () => void look().catch((err: unknown) => log.warn({ err }, "could not look for fences"));

  const listener = await listen(
    databaseDirectUrl,
    fenceChannel,
    (payload) => {
      reached("after-fence");
      abort(JSON.parse(payload) as FenceNotice, "push");
      reached("after-push");
    },
    lookQuietly,
  );

  function tick(): void {
    if (listener.isListening()) hear();
    if (running.ids().length > 0 || !listener.isListening()) lookQuietly();
    if (deaf || performance.now() - heardAt <= deafAfterMs) return;
    deaf = true;
    running.setHearing(false);
    log.warn("hears of no fences: starts no node until it does");
  }
  const timer = setInterval(tick, lookEveryMs);
  return {
    async close() {
      clearInterval(timer);
      running.setHearing(true); // whoever waits sees the shutdown
      await listener.close();
    },
  };
}
