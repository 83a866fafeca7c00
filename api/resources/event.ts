import { z } from "zod";

/** What the record holds; progress and tokens have no `seq`, and are only streamed. */
export const event = z
  .strictObject({
    seq: z.int().min(1).meta({ description: "Gapless in the tree, so it rises with gaps in a subtree." }),
    type: z.string(),
    at: z.iso.datetime(),
    rootId: z.uuid(),
    executionId: z.uuid(),
    nodeExecutionId: z.uuid().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
export type EventJson = z.infer<typeof event>;

export const eventPage = z.strictObject({
  events: z.array(event),
  lastSeq: z.int().min(0).meta({ description: "Nothing up to it is missing: ask on with `?after=`." }),
});

/** What a caller may choose of events: `values` is `node.output`, `lifecycle` all else that is recorded. */
export const eventModes = ["lifecycle", "values", "progress", "tokens"] as const;
export type EventMode = (typeof eventModes)[number];
