import type { Limits, Masks } from "../graph/definition";
import type { ExecutionId, GraphId } from "../graph/ids";
import type { JsonObject } from "../graph/json";
import type { Database } from "./client";

export type NewTree = {
  readonly id: ExecutionId;
  readonly ownerId: string;
  /** Who asked for the start. */
  readonly actor: string;
  readonly graphId: GraphId;
  readonly graphVersion: number;
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

/** Records a start: tree, QUEUED root execution, event and outbox row in one transaction and one round trip. */
export async function startTree(db: Database, start: NewTree): Promise<void> {
  const { inputs, masks = {}, limits, labels, ...rest } = start;
  const document = {
    ...rest,
    inputs: JSON.stringify(inputs), // as text: see commit_step
    masks: JSON.stringify(masks),
    limits: JSON.stringify(limits),
    labels: JSON.stringify(labels),
  };
  await db.pool.query({ name: "start_tree", text: "select start_tree($1)", values: [JSON.stringify(document)] });
}
