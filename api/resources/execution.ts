import { z } from "zod";
import type { ExecutionRecord } from "../../db/executions";
import { own, type Json } from "../../graph/json";
import { show, showEach } from "./value";
import { endReasons, statuses } from "../../graph/status";

const time = z.iso.datetime();
const count = z.int().min(0);
const values = z.record(z.string(), z.unknown());

export const recordedError = z
  .looseObject({ code: z.string(), message: z.string() })
  .meta({ description: "Why it failed; `nodes` or `childExecutionId` say where, if that is known." });

export const execution = z
  .strictObject({
    id: z.uuid(),
    rootId: z.uuid(),
    parentId: z.uuid().nullable(),
    parentNodeExecutionId: z.uuid().nullable(),
    ancestors: z.array(z.uuid()).meta({ description: "From the root down to the parent." }),
    depth: count,
    detachedFrom: z
      .strictObject({ executionId: z.uuid(), nodeExecutionId: z.uuid() })
      .nullable()
      .meta({ description: "Of a root that a detached nested graph's node has started." }),
    graphId: z.uuid(),
    graphVersion: z.int().min(1),
    graphName: z.string(),
    status: z.enum([...statuses, "PAUSED"]).meta({
      description: "What is recorded; PAUSED where it is held and nothing of its subtree runs any more.",
    }),
    endReason: z.enum(endReasons).nullable(),
    stopRequestedAt: time.nullable(),
    stopId: z.uuid().nullable(),
    paused: z.boolean().meta({ description: "It or one above it is paused: nothing new starts." }),
    inputs: values,
    masks: z.record(z.string(), values).meta({ description: "By node and pin: what won over links and constants." }),
    outputs: z.record(z.string(), z.array(z.unknown())),
    error: recordedError.nullable(),
    queuePosition: count
      .optional()
      .meta({ description: "Of a QUEUED root: its place in the queue; 0: it is being started." }),
    resumedFrom: z.uuid().nullable().meta({ description: "The ended execution whose completed nodes it takes over." }),
    resurrections: count.meta({ description: "How often it has gone on after failures that may pass." }),
    stats: z.strictObject({
      nodeExecutions: count,
      failedNodeExecutions: count,
      childExecutions: count,
      charge: z.number(),
    }),
    treeStats: z.strictObject({
      executions: count,
      running: count.meta({ description: "Executions of the tree that have not ended." }),
      nodeExecutions: count,
      charge: z.number(),
      maxDepth: count,
    }),
    limits: values,
    budget: count.nullable(),
    labels: z.record(z.string(), z.string()),
    workflow: z.strictObject({ id: z.string(), runId: z.string().nullable(), uiUrl: z.url().nullable() }),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ id: "Execution" });
export type ExecutionJson = z.infer<typeof execution>;

/** Link to a workflow in Temporal's Web UI; null where none is configured. */
export type WorkflowLink = (workflowId: string) => string | null;

export function toExecution(record: ExecutionRecord, linkTo: WorkflowLink): ExecutionJson {
  const { tree, fence } = record;
  return {
    id: record.id,
    rootId: record.rootId,
    parentId: record.parentId,
    parentNodeExecutionId: record.parentNodeExecutionId,
    ancestors: [...record.ancestors],
    depth: record.depth,
    detachedFrom: record.detachedFrom,
    graphId: record.graphId,
    graphVersion: record.graphVersion,
    graphName: record.graphName,
    status: record.hold === "paused" ? "PAUSED" : record.status,
    endReason: record.endReason,
    stopRequestedAt: fence ? new Date(fence.at).toISOString() : null,
    stopId: fence?.stopId ?? null,
    paused: record.hold !== null,
    inputs: showEach(record.inputs),
    masks: record.masks,
    outputs: outputsByName(record.outputs),
    error: record.error,
    ...(record.queuePosition === null ? {} : { queuePosition: record.queuePosition }),
    resumedFrom: record.resumedFrom,
    resurrections: record.resurrections,
    stats: {
      nodeExecutions: record.nodeExecutions,
      failedNodeExecutions: record.failedNodeExecutions,
      childExecutions: record.childExecutions,
      charge: record.charge,
    },
    treeStats: {
      executions: tree.executions,
      running: tree.liveExecutions,
      nodeExecutions: tree.nodeExecutions,
      charge: tree.charge,
      maxDepth: tree.maxDepth,
    },
    limits: record.limits,
    budget: record.budget,
    labels: { ...record.labels },
    workflow: { id: record.id, runId: record.firstRunId, uiUrl: linkTo(record.id) },
    createdAt: record.createdAt.toISOString(),
    startedAt: toTime(record.startedAt),
    endedAt: toTime(record.endedAt),
  };
}

export function toTime(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

/** An Output node's name may be linked, so it is the one it ran with. */
function outputsByName(outputs: ExecutionRecord["outputs"]): Record<string, Json[]> {
  const byName = new Map<string, Json[]>();
  for (const [inputs, value] of outputs) {
    const name = own(inputs, "name");
    if (typeof name !== "string") continue;
    const values = byName.get(name);
    if (values) values.push(show(value));
    else byName.set(name, [show(value)]);
  }
  return Object.fromEntries(byName);
}
