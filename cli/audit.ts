import type { Audited } from "../local/audit";
import { readEnvironment } from "./environment";
import type { Finding } from "./examine";
import { Failure } from "./failure";
import { duration } from "./lines/time";

export type Orphan = {
  readonly kind: string;
  readonly executionId: string;
  readonly rootId: string;
  readonly says: string;
  readonly would: string;
  /** null: not known. */
  readonly since: string | null;
  readonly repaired: boolean;
};

/** Compares the record with Temporal; with `repair` makes them agree. Never throws: what it could not ask is a finding. */
export async function audit(
  repair: boolean,
): Promise<{ readonly finding: Finding; readonly orphans: readonly Orphan[] }> {
  const name = "record";
  try {
    const config = readEnvironment();
    const { auditHere } = await import("../local/audit.js"); // only here: it loads Temporal's client
    const found = await auditHere(config, repair);
    if (found === null) {
      const remedy = "set DATABASE_URL and TEMPORAL_ADDRESS";
      return {
        finding: { name, state: "unknown", says: "nothing runs in the data folder to compare", remedy },
        orphans: [],
      };
    }
    return { finding: judge(name, found, repair), orphans: found.map(toOrphan) };
  } catch (error) {
    const what = error instanceof Failure ? error.message : describe(error);
    const remedy = "the audit needs Postgres and Temporal: look at DATABASE_URL and TEMPORAL_ADDRESS";
    return { finding: { name, state: "unknown", says: `could not be compared: ${what}`, remedy }, orphans: [] };
  }
}

export function orphanLines(orphan: Orphan, now: number): string[] {
  const { executionId, says, would, since, repaired } = orphan;
  const lasting = since === null ? "" : ` (for ${duration(now - Date.parse(since))})`;
  return [
    `${repaired ? "REPAIRED" : "WRONG  "} execution ${executionId}: ${says}${lasting}`,
    `        ${repaired ? "repaired" : "to repair"}: ${would}`,
  ];
}

function judge(name: string, found: readonly Audited[], repair: boolean): Finding {
  if (found.length === 0) return { name, state: "ok", says: "agrees with Temporal", remedy: null };
  const differences = found.length === 1 ? "1 difference" : `${found.length} differences`;
  if (repair) return { name, state: "ok", says: `${differences} with Temporal, now repaired`, remedy: null };
  const remedy = "a worker repairs it within seconds; npm run treeline -- doctor --repair does it now";
  return { name, state: "wrong", says: `${differences} with Temporal`, remedy };
}

function toOrphan({ kind, executionId, rootId, says, would, forMs, repaired }: Audited): Orphan {
  const since = forMs === null ? null : new Date(Date.now() - forMs).toISOString();
  return { kind, executionId, rootId, says, would, since, repaired };
}

/** Faults of networks carry what happened in a part of their own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}
