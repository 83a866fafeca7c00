import { z } from "zod";
import type { NodeExecutionRecord } from "../../db/node-executions";
import type { BlockCatalog } from "../../graph/block";
import type { GraphLink } from "../../graph/definition";
import { endReasons, statuses } from "../../graph/status";
import { recordedError, toTime } from "./execution";
import { show, showEach } from "./value";

const time = z.iso.datetime();

export const nodeExecution = z
  .strictObject({
    id: z.uuid(),
    executionId: z.uuid(),
    rootId: z.uuid(),
    nodeId: z.string(),
    label: z.string(),
    blockId: z.string(),
    blockName: z.string().nullable().meta({ description: "null: this server does not have the block." }),
    seq: z.int(),
    status: z.enum(statuses),
    endReason: z.enum(endReasons).nullable(),
    attempt: z.int(),
    inputs: z.record(z.string(), z.unknown()),
    outputs: z.array(z.strictObject({ pin: z.string(), value: z.unknown() })),
    error: recordedError.nullable(),
    charge: z.number(),
    usage: z.unknown(),
    childExecutionId: z.uuid().nullable(),
    resurrects: z.uuid().nullable().meta({ description: "The failed one that it runs again (`settings.resurrect`)." }),
    missingPins: z.array(z.string()).nullable().meta({ description: "Of one that was never fed: the pins it missed." }),
    missingLinks: z
      .array(z.strictObject({ sinkName: z.string(), sourceId: z.string(), sourceName: z.string() }))
      .nullable()
      .meta({ description: "The links that could have fed the missing pins." }),
    progress: z.unknown().meta({ description: "Of a map `{done, failed, total}`: items of its list; else null." }),
    queuedAt: time.nullable(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ id: "NodeExecution" });
export type NodeExecutionJson = z.infer<typeof nodeExecution>;

/** @param label the node's own, or null where it has none: then the block's name stands for it */
export function toNodeExecution(
  record: NodeExecutionRecord,
  label: string | null,
  catalog: BlockCatalog,
  linksInto: (nodeId: string, pin: string) => readonly GraphLink[],
): NodeExecutionJson {
  const blockName = catalog.get(record.blockId)?.name ?? null;
  return {
    id: record.id,
    executionId: record.executionId,
    rootId: record.rootId,
    nodeId: record.nodeId,
    label: label ?? blockName ?? record.nodeId,
    blockId: record.blockId,
    blockName,
    seq: record.seq,
    status: record.status,
    endReason: record.endReason,
    attempt: record.attempt,
    inputs: showEach(record.inputs),
    outputs: record.outputs.map(({ pin, value }) => ({ pin, value: show(value) })),
    error: record.error,
    charge: record.charge,
    usage: record.usage,
    childExecutionId: record.childExecutionId,
    resurrects: record.resurrects,
    missingPins: record.missingPins ? [...record.missingPins] : null,
    missingLinks:
      record.missingPins?.flatMap((pin) =>
        linksInto(record.nodeId, pin).map(({ sinkName, sourceId, sourceName }) => ({ sinkName, sourceId, sourceName })),
      ) ?? null,
    progress: record.map,
    queuedAt: toTime(record.queuedAt),
    startedAt: toTime(record.startedAt),
    endedAt: toTime(record.endedAt),
  };
}
