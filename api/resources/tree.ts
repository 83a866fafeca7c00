import { z } from "zod";
import type { Totals, TreeRecord } from "../../db/execution-tree";
import { isTerminal, statuses, type Status } from "../../graph/status";
import { execution, toExecution, type ExecutionJson, type WorkflowLink } from "./execution";

const count = z.int().min(0);

const totals = z
  .strictObject({
    executions: count,
    live: count,
    nodeExecutions: count,
    charge: z.number(),
    byStatus: z.partialRecord(z.enum(statuses), count),
  })
  .meta({ id: "TreeTotals", description: "Of the execution and all its descendants, shown or not." });
type TotalsJson = z.infer<typeof totals>;

export type TreeJson = {
  execution: ExecutionJson;
  /** The node of its parent that runs it. */
  node: { id: string; label: string; item: number | null } | null;
  children: TreeJson[];
  maps: { nodeExecutionId: string; nodeId: string; done: number; failed: number; total: number }[];
  detached: { executionId: string; nodeExecutionId: string; status: Status }[];
  truncated: boolean;
  totals: TotalsJson;
};

export const tree: z.ZodType<TreeJson> = z
  .strictObject({
    execution,
    node: z
      .strictObject({
        id: z.string(),
        label: z.string(),
        item: count.nullable().meta({ description: "Where the node maps over a list: of which item it is, from 0." }),
      })
      .nullable(),
    get children() {
      return z.array(tree);
    },
    maps: z
      .array(
        z.strictObject({ nodeExecutionId: z.uuid(), nodeId: z.string(), done: count, failed: count, total: count }),
      )
      .meta({
        description: "Its nodes that map over a list: items that have ended, of these the failed ones, of all.",
      }),
    detached: z
      .array(z.strictObject({ executionId: z.uuid(), nodeExecutionId: z.uuid(), status: z.enum(statuses) }))
      .meta({ description: "What its detached nested graphs have started, each a tree of its own; the first 1,000." }),
    truncated: z.boolean().meta({ description: "It has children that are not shown." }),
    totals,
  })
  .meta({ id: "Tree" });

/** @param records parents before children, the top first */
export function toTree(
  records: readonly TreeRecord[],
  labelOf: (node: NonNullable<TreeRecord["node"]>) => string,
  linkTo: WorkflowLink,
): TreeJson | null {
  const byId = new Map<string, TreeJson>();
  for (const record of records) {
    const branch: TreeJson = {
      execution: toExecution(record, linkTo),
      node: record.node && { id: record.node.id, label: labelOf(record.node), item: record.node.item },
      children: [],
      maps: [...record.maps],
      detached: [...record.detached],
      truncated: record.childExecutions > 0,
      totals: toTotals(record.totals),
    };
    byId.set(record.id, branch);
    const parent = record.parentId === null ? undefined : byId.get(record.parentId);
    if (!parent) continue;
    parent.children.push(branch);
    parent.truncated = parent.children.length < parent.execution.stats.childExecutions;
  }
  const [top] = byId.values();
  return top ?? null;
}

function toTotals({ executions, nodeExecutions, charge, byStatus }: Totals): TotalsJson {
  const live = Object.entries(byStatus).reduce((sum, [status, n]) => sum + (isTerminal(status as Status) ? 0 : n), 0);
  return { executions, live, nodeExecutions, charge, byStatus: { ...byStatus } };
}
