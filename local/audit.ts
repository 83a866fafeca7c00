import type { Config } from "../config/env";
import { auditOnce, type Audited } from "../worker/audit-once";
import { readRunning } from "./data-folder";

export type { Audited };

/**
 * Audits the record on the Postgres and the Temporal that the environment names, else on those that run in the data folder; null:
 * neither is known. Throws where one does not answer.
 */
export async function auditHere(config: Config, repair: boolean): Promise<Audited[] | null> {
  const ready = readRunning(config.dataDir)?.ready;
  const databaseUrl = config.databaseUrl ?? ready?.postgres;
  const temporalAddress = config.temporalAddress ?? ready?.temporal;
  if (!databaseUrl || !temporalAddress) return null;
  const { temporalNamespace: namespace, taskQueue } = config;
  return auditOnce({ databaseUrl, temporalAddress, namespace, taskQueue, repair });
}
