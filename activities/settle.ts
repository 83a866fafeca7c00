import type { Database } from "../db/client";
import { settleFenced, type Settled } from "../db/stops";
import { outboxWake, type Wake } from "../db/wake";
import type { NodeExecutionId, StopId } from "../graph/ids";
import { coalesce } from "./coalesce";

export type Settle = (stopId: StopId, ended: NodeExecutionId | null) => Promise<Settled>;

/** Settles node executions whose code has ended under a fence; those that end together are written together. */
export function createSettle(db: Database, wake: (wake: Wake) => void): Settle {
  return coalesce(async (stopId: StopId, ended: readonly (NodeExecutionId | null)[]) => {
    const settled = await settleFenced(
      db,
      stopId,
      ended.filter((id) => id !== null),
    );
    if (settled.quiesced) [stopId, outboxWake].forEach(wake); // a parent may have been told by the outbox
    return ended.map(() => settled);
  });
}
