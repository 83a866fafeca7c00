import { z } from "zod";
import type { GraphDraft, Masks } from "./definition";
import { durationForm, readDuration } from "./durations";
import type { Fault } from "./errors";
import { isObject } from "./json";
import type { JsonObject } from "./json";
import { mapConcurrency } from "./map";
import { pointerTo } from "./pointer";

/** Most of what one request may hold; the size of the body itself is bounded before it is parsed. */
export const sizes = {
  nodes: 10_000,
  links: 50_000,
  subGraphs: 1_000,
  constants: 1_000,
  labels: 64,
  /** Levels of objects and lists in one value. */
  jsonDepth: 100,
  name: 200,
  pin: 500,
  description: 20_000,
} as const;

/** Text for a column or an id: Postgres stores no NUL. */
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes("\0"), "must not contain the character U+0000");
const prose = z
  .string()
  .max(sizes.description)
  .refine((value) => !value.includes("\0"), "must not contain the character U+0000");
const count = z.int().min(1).max(1_000_000_000);
const duration = z.string().refine((value) => readDuration(value) !== null, `must be ${durationForm}`);

/** Taken as it is: `z.record` would copy it, and leave out a key `__proto__`. */
const jsonObject = z
  .custom<JsonObject>((value) => isObject(value), "must be an object")
  .refine((value) => isShallow(value), `must not be nested deeper than ${sizes.jsonDepth} levels`)
  .meta({ type: "object" });

const constants = jsonObject
  .refine((value) => Object.keys(value).length <= sizes.constants, `must have at most ${sizes.constants} entries`)
  .meta({ type: "object" });

const masks = jsonObject
  .refine((value): value is Masks => Object.values(value).every(isObject), "must have an object of pins for each node")
  .meta({ type: "object", additionalProperties: { type: "object" } });

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > sizes.jsonDepth) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return true;
}

const limits = <Duration extends z.ZodType<string>>(runTime: Duration) =>
  z.strictObject({
    depth: z.int().min(0).max(1_000).optional(),
    children: count.optional(),
    executions: count.optional(),
    nodeExecutions: count.optional(),
    iterations: count.optional(),
    runTime: runTime.optional(),
  });

// Durations of a graph are checked by validateGraph, so that they are listed together with all its other faults.
const node = z.strictObject({
  id: text(sizes.name),
  blockId: text(sizes.name),
  constants: constants.default({}),
  label: text(sizes.name).optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(1_000).optional(),
      firstInterval: z.string().optional(),
      backoff: z.number().min(1).max(100).optional(),
      maxInterval: z.string().optional(),
      nonRetryable: z.array(text(sizes.name)).max(100).optional(),
    })
    .optional(),
  timeout: z.string().optional(),
  ordered: z.boolean().optional(),
  lifecycle: z.enum(["bound", "detached"]).optional(),
  map: z
    .strictObject({
      pin: text(sizes.pin),
      concurrency: z.int().min(1).max(mapConcurrency.max).optional(),
      onItemFailure: z.enum(["fail", "collect"]).optional(),
    })
    .optional(),
  masks: constants.optional(),
  metadata: jsonObject.optional(),
});

const link = z.strictObject({
  id: text(sizes.name).optional(),
  sourceId: text(sizes.name),
  sourceName: text(sizes.pin),
  sinkId: text(sizes.name),
  sinkName: text(sizes.pin),
  isStatic: z.boolean().default(false),
});

const settings = z.strictObject({
  onNodeFailure: z.enum(["continue", "stop"]).optional(),
  limits: limits(z.string()).optional(),
  resurrect: z
    .strictObject({ attempts: z.int().min(1).max(10).optional(), cooldown: z.string().optional() })
    .optional(),
  safeMode: z.boolean().optional(),
});

const subGraph = z.strictObject({
  id: text(sizes.name).optional(),
  name: text(sizes.name),
  description: prose.optional(),
  nodes: z.array(node).max(sizes.nodes),
  links: z.array(link).max(sizes.links).default([]),
  settings: settings.optional(),
  // Exports write an empty list here. Graphs nested deeper stand in the outermost list, beside this one.
  subGraphs: z.array(z.never("nested graphs of every depth belong in the outermost subGraphs")).optional(),
});

/** Body of POST /v1/graphs. What one node or link alone cannot tell is left to `validateGraph`. */
export const graphRequest = subGraph.extend({
  subGraphs: z.array(subGraph).max(sizes.subGraphs).optional(),
}) satisfies z.ZodType<GraphDraft>;

/** Body of POST /v1/graphs/{id}/executions. */
export const startRequest = z.strictObject({
  inputs: jsonObject.default({}),
  version: count.optional(),
  masks: masks.optional(),
  limits: limits(duration).optional(),
  budget: z.int().min(0).optional(),
  priority: z.int().min(1).max(5).optional(),
  labels: z
    .record(text(sizes.name), prose.max(500))
    .refine((value) => Object.keys(value).length <= sizes.labels, `must have at most ${sizes.labels} entries`)
    .optional(),
});
export type StartRequest = z.infer<typeof startRequest>;

const tenMinutesMs = 600_000;

/** Body of POST /v1/executions/{id}/stop. */
export const stopRequest = z.strictObject({
  reason: prose.max(2_000).optional(),
  deadline: duration
    .refine((value) => (readDuration(value) ?? 0) <= tenMinutesMs, "must be at most 10m")
    .default("15s"),
  cascade: z.boolean().default(true),
  force: z.boolean().default(false),
  includeDetached: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

const absent = <Schema extends z.ZodType>(schema: Schema) => schema.nullish();

const exportedLink = z.looseObject({
  id: absent(text(sizes.name)),
  source_id: text(sizes.name),
  source_name: text(sizes.pin),
  sink_id: text(sizes.name),
  sink_name: text(sizes.pin),
  is_static: absent(z.boolean()),
});

const exportedNode = z.looseObject({
  id: text(sizes.name),
  block_id: text(sizes.name),
  input_default: absent(constants),
  metadata: absent(jsonObject),
  /** What the format has no field for. */
  treeline: absent(node.pick({ retry: true, timeout: true, ordered: true, lifecycle: true, map: true, masks: true })),
});

const exportedBase = z.looseObject({
  id: absent(text(sizes.name)),
  version: absent(z.int()),
  name: text(sizes.name),
  description: absent(prose),
  nodes: z.array(exportedNode).max(sizes.nodes),
  links: absent(z.array(exportedLink).max(sizes.links)),
  treeline: absent(z.strictObject({ settings })),
});

/** Body of POST /v1/graphs/import: what is needed of an export file. What else is in it is computed anew, or named in a warning. */
export const exportedGraph = exportedBase.extend({ sub_graphs: absent(z.array(exportedBase).max(sizes.subGraphs)) });
export type ExportedGraph = z.infer<typeof exportedGraph>;
/** The file without its `sub_graphs`, and each of these. */
export type ExportedMember = z.infer<typeof exportedBase>;

/** One fault for each thing that is wrong with a body, with a JSON pointer into it. */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ pointer: pointerTo(issue.path), detail: issue.message }];
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: "unknown key" }));
  });
}

/** JSON Schema (2020-12, as OpenAPI 3.1 has it) of what a request may hold. */
export function jsonSchemaOf(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonObject;
}
