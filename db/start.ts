import type { Limits, Masks } from "../graph/definition";
import type { ExecutionId, GraphId } from "../graph/ids";
import { fileIdOf } from "../graph/file";
import type { JsonObject } from "../graph/json";
import { largesAmong } from "../graph/large";
import { encloseEach, writeWith } from "./blobs";
import type { Database } from "./client";
import { toRecord } from "./marker";

export type NewTree = {
  readonly id: ExecutionId;
  readonly ownerId: string;
  /** Who asked for the start. */
  readonly actor: string;
  readonly graphId: GraphId;
  readonly graphVersion: number;
  /** Only if no later version has been saved. */
  readonly ifNewest?: boolean;
  readonly inputs: JsonObject;
  readonly masks?: Masks;
  readonly limits: Limits;
  /** Credits for the tree; null = no bound. */
  readonly budget: number | null;
  /** 1 to 5; 1 is the first. */
  readonly priority: number;
  /** It waits for a place, and is started when it is admitted; else at once. */
  readonly awaitsAdmission?: boolean;
  readonly labels: Readonly<Record<string, string>>;
};

/**
 * Records a start: tree, QUEUED root execution, event and outbox row in one transaction and one round trip. Answers false, and
 * writes nothing, only where `ifNewest` refuses it.
 */
export async function startTree(db: Database, start: NewTree): Promise<boolean> {
  const { masks = {}, limits, labels, ...rest } = start;
  const inputs = encloseEach(start.ownerId, start.inputs);
  const values = Object.values(inputs);
  const larges = largesAmong(values);
  const document = {
    ...rest,
    inputs: toRecord(inputs), // as text: see commit_step
    masks: JSON.stringify(masks),
    limits: JSON.stringify(limits),
    labels: JSON.stringify(labels),
    blobs: [...new Set(larges.map(({ id }) => id))],
    files: values.flatMap((value) => (typeof value === "string" ? (fileIdOf(value) ?? []) : [])),
  };
  const query = { name: "start_tree", text: "select start_tree($1) as at", values: [JSON.stringify(document)] };
  const { rows } = await writeWith(db, start.ownerId, larges, () => db.pool.query<{ at: Date | null }>(query));
  return rows[0]?.at !== null;
}
