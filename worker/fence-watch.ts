import type { Logger } from "pino";
import type { RunningNodes } from "../activities/running-nodes";
import type { StopPoint } from "../activities/stop";
import type { Database } from "../db/client";
import { readFences } from "../db/stops";
import { fenceChannel, listen } from "../db/wake";
import type { ExecutionId, StopId } from "../graph/ids";

/** How often fences are looked for that no notification told of; only while node code runs here. */
const lookEveryMs = 1_000;

export type FenceWatch = { close(): Promise<void> };

/** The push: a fence aborts the node code that runs under it in this process, within milliseconds, or at the next look. */
export async function watchFences(
  db: Database,
  databaseDirectUrl: string,
  running: RunningNodes,
  log: Logger,
  reached: (point: StopPoint) => void = () => {},
): Promise<FenceWatch> {
  const abort = (fence: { executionId: ExecutionId; stopId: StopId }, way: "push" | "look") => {
    const aborted = running.abort(fence);
    if (aborted > 0) log.info({ ...fence, aborted, way }, "aborted nodes under a fence");
  };
  async function look(): Promise<void> {
    const roots = running.roots();
    if (roots.length === 0) return;
    for (const fence of await readFences(db, roots)) abort(fence, "look");
  }
  const lookQuietly = () => void look().catch((err: unknown) => log.warn({ err }, "could not look for fences"));
  const listener = await listen(
    databaseDirectUrl,
    fenceChannel,
    (payload) => {
      reached("after-fence");
      abort(JSON.parse(payload) as { executionId: ExecutionId; stopId: StopId }, "push");
      reached("after-push");
    },
    lookQuietly,
  );
  const timer = setInterval(lookQuietly, lookEveryMs);
  return {
    async close() {
      clearInterval(timer);
      await listener.close();
    },
  };
}
