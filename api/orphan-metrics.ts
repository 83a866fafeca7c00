import { Counter, type Registry } from "prom-client";
import { countOrphans } from "../db/audit";
import type { Database } from "../db/client";

/** What the auditors have repaired so far, read from Postgres: every api process says the same, so take the maximum, not the sum. */
export function measureOrphans(registry: Registry, db: Database): void {
  const counter: Counter<"kind"> = new Counter({
    name: "treeline_orphans_total",
    help: "Differences between the record and Temporal that were repaired; the goal is 0",
    labelNames: ["kind"] as const,
    registers: [registry],
    async collect() {
      const counts = await countOrphans(db).catch(() => null); // Postgres is away: the last known stay
      if (counts === null) return;
      counter.reset();
      for (const [kind, count] of Object.entries(counts)) counter.inc({ kind }, count);
    },
  });
}
