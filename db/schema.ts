import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgEnum,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { reviewKinds } from "../graph/answer";
import type { GraphDefinition, Masks } from "../graph/definition";
import type { ExecutionId, GraphId, NodeExecutionId, StopId } from "../graph/ids";
import type { Json, JsonObject, PinSchema } from "../graph/json";
import { endReasons, statuses } from "../graph/status";

/*
 * The record. Rules that every table keeps:
 * - statuses change only by guarded writes under the lock of the tree's row (db/functions/*.sql); CHECKs hold the invariants;
 * - numbers named …Seq are event numbers of the tree, so that "after the fence" is a comparison of numbers, never of clocks;
 * - values and texts from outside are `json`, not `jsonb`: jsonb reorders the keys of objects, and their order is part of a
 *   value here; and jsonb refuses \\u0000 and lone surrogates, which JSON texts may hold.
 */

export const status = pgEnum("status", statuses);
export const endReason = pgEnum("end_reason", endReasons);
export const placement = pgEnum("placement", ["inline", "remote", "child", "wait"]);
export const fenceScope = pgEnum("fence_scope", ["self", "subtree"]);
export const stopStatus = pgEnum("stop_status", ["STOPPING", "QUIESCED", "CLOSED"]);
export const stopOutcome = pgEnum("stop_outcome", [
  "stopped",
  "stopped_with_leftovers",
  "already_finished",
  "finished_first",
]);
/** What opened the fence: somebody, Temporal's own doors (`cancel`, `terminate`), or what the execution itself ran into. */
export const reviewStatus = pgEnum("review_status", ["waiting", "approved", "rejected", "timed_out", "withdrawn"]);
export const reviewKind = pgEnum("review_kind", reviewKinds);
export const stopCause = pgEnum("stop_cause", [
  "request",
  "signal",
  "cancel",
  "terminate",
  "lost",
  "limit",
  "time",
  "failure",
  "budget",
]);

const uuidArray = customType<{ data: ExecutionId[]; driverData: string[] }>({ dataType: () => "uuid[]" });
const textArray = customType<{ data: string[]; driverData: string[] }>({ dataType: () => "text[]" });
const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const seq = (name: string) => bigint(name, { mode: "number" });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

/** An error as the record keeps it; `message` never leaves Postgres and the API. */
export type RecordedError = {
  code: string;
  message: string;
  nodes?: string[];
  childExecutionId?: string;
  /** Of `limit_exceeded` and `timed_out`: which one. */
  limit?: string;
  /** Of a nested graph: some of its failures would only come again. */
  fatal?: boolean;
};

export const graphs = pgTable(
  "graphs",
  {
    id: uuid("id").$type<GraphId>().notNull(),
    version: integer("version").notNull(),
    ownerId: text("owner_id").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    definition: json("definition").$type<GraphDefinition>().notNull(),
    inputSchema: json("input_schema").$type<PinSchema>().notNull(),
    outputSchema: json("output_schema").$type<PinSchema>().notNull(),
    /** The nested graphs that were saved with it, for export: `{id, version}` each. */
    subGraphs: json("sub_graphs").$type<{ id: GraphId; version: number }[]>().notNull(),
    /** Of name, description, definition: the same content is not saved as a new version. */
    contentHash: text("content_hash").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.version] }),
    index("graphs_of_owner").on(t.ownerId, t.createdAt.desc(), t.id.desc()),
    check("version_from_one", sql`${t.version} >= 1`),
  ],
);

/** One narrow row for each tree: the serial order of everything in it. Every step locks it first; fillfactor 50 keeps updates HOT. */
export const trees = pgTable(
  "trees",
  {
    rootId: uuid("root_id").$type<ExecutionId>().primaryKey(),
    ownerId: text("owner_id").notNull(),
    /** Number of the last event. */
    seq: seq("seq").notNull(),
    executions: integer("executions").notNull(),
    liveExecutions: integer("live_executions").notNull(),
    nodeExecutions: bigint("node_executions", { mode: "number" }).notNull(),
    maxDepth: integer("max_depth").notNull(),
    charge: bigint("charge", { mode: "number" }).notNull(),
  },
  (t) => [
    check("charge_not_negative", sql`${t.charge} >= 0`),
    check("live_within_all", sql`${t.liveExecutions} between 0 and ${t.executions}`),
  ],
);

export const executions = pgTable(
  "executions",
  {
    id: uuid("id").$type<ExecutionId>().primaryKey(),
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    parentId: uuid("parent_id").$type<ExecutionId>(),
    parentNodeExecutionId: uuid("parent_node_execution_id").$type<NodeExecutionId>(),
    /** Where its parent's node maps over a list: of which item it is, from 0. */
    item: integer("item"),
    /** From the root down to the parent. */
    ancestors: uuidArray("ancestors").notNull(),
    depth: integer("depth").notNull(),
    /** As `depth`, but counted through detached nested graphs too: what the limit `depth` bounds. */
    lineageDepth: integer("lineage_depth").notNull().default(0),
    /** Of a detached root: whose node started it. Another tree, so no foreign key: that one may be deleted before. */
    originExecutionId: uuid("origin_execution_id").$type<ExecutionId>(),
    originNodeExecutionId: uuid("origin_node_execution_id").$type<NodeExecutionId>(),
    /** The ended execution whose completed nodes it takes over; another tree, so no foreign key. */
    resumedFrom: uuid("resumed_from").$type<ExecutionId>(),
    /** Nodes whose executions numbered from `rerunFromSeq` on are not taken over. */
    rerunExcept: textArray("rerun_except"),
    rerunFromSeq: seq("rerun_from_seq"),
    ownerId: text("owner_id").notNull(),
    /** Who asked for the start. */
    actor: text("actor").notNull(),
    graphId: uuid("graph_id").$type<GraphId>().notNull(),
    graphVersion: integer("graph_version").notNull(),
    status: status("status").notNull(),
    endReason: endReason("end_reason"),
    stopId: uuid("stop_id").$type<StopId>(),
    inputs: json("inputs").$type<JsonObject>().notNull(),
    /** By node and pin: values that win over links, constants and inputs. */
    masks: json("masks").$type<Masks>().notNull().default({}),
    error: json("error").$type<RecordedError>(),
    limits: jsonb("limits").$type<JsonObject>().notNull(),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    budget: bigint("budget", { mode: "number" }),
    /** 1 is the first. */
    priority: integer("priority").notNull().default(3),
    /** A QUEUED root that waits for a place; it has no outbox row yet. */
    awaitsAdmission: boolean("awaits_admission").notNull().default(false),
    /** Grows with each planner step; a plan made on an older one is refused and made again. */
    version: integer("version").notNull().default(0),
    /** Node executions queued and not closed: ready, running, waiting, or ended with outputs still to deliver. 0 = it ends. */
    open: integer("open").notNull().default(0),
    /** Of `open`, those that only wait (timers, people). */
    waiting: integer("waiting").notNull().default(0),
    nodeExecutions: integer("node_executions").notNull().default(0),
    failedNodeExecutions: integer("failed_node_executions").notNull().default(0),
    /** Failed ones whose `error` pin is not linked: they make the execution FAILED at its end. */
    unhandledFailures: integer("unhandled_failures").notNull().default(0),
    childExecutions: integer("child_executions").notNull().default(0),
    detachedExecutions: integer("detached_executions").notNull().default(0),
    /** How often it has gone on after failures that may pass. */
    resurrections: integer("resurrections").notNull().default(0),
    charge: bigint("charge", { mode: "number" }).notNull().default(0),
    /** The chain of runs (`firstExecutionRunId`) that began it; another chain may not go on with it while this one is open. */
    firstRunId: text("first_run_id"),
    createdSeq: seq("created_seq").notNull(),
    startedSeq: seq("started_seq"),
    endedSeq: seq("ended_seq"),
    createdAt: time("created_at").notNull(),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
    /** When its run time is over; only of one that has such a limit of its own: a root, or a nested graph whose settings set one. */
    deadlineAt: time("deadline_at"),
  },
  (t) => [
    foreignKey({ columns: [t.graphId, t.graphVersion], foreignColumns: [graphs.id, graphs.version] }),
    foreignKey({ columns: [t.parentId], foreignColumns: [t.id] }).onDelete("cascade"),
    index("executions_of_owner").on(t.ownerId, t.createdAt.desc(), t.id.desc()),
    index("executions_of_graph").on(t.graphId, t.createdAt.desc()),
    index("executions_of_tree").on(t.rootId, t.id),
    index("executions_of_parent").on(t.parentId, t.id),
    // What retention looks for.
    index("executions_ended_roots")
      .on(t.endedAt)
      .where(sql`${t.depth} = 0 and ${t.endedAt} is not null`),
    index("executions_awaiting")
      .on(t.ownerId, t.priority, t.createdAt, t.id)
      .where(sql`${t.awaitsAdmission} and ${t.endedAt} is null`),
    index("executions_live_roots")
      .on(t.ownerId, t.graphId)
      .where(sql`${t.depth} = 0 and ${t.endedAt} is null`),
    // With the id: the auditor walks over all that is live in this order, however many have ended.
    index("executions_live_of_tree")
      .on(t.rootId, t.id)
      .where(sql`${t.endedAt} is null`),
    index("executions_by_deadline")
      .on(t.deadlineAt)
      .where(sql`${t.endedAt} is null and ${t.deadlineAt} is not null`),
    uniqueIndex("executions_one_of_item")
      .on(t.parentNodeExecutionId, t.item)
      .where(sql`${t.item} is not null`),
    index("executions_live_items")
      .on(t.parentNodeExecutionId)
      .where(sql`${t.item} is not null and ${t.endedAt} is null`),
    index("executions_of_origin")
      .on(t.originExecutionId)
      .where(sql`${t.originExecutionId} is not null`),
    check(
      "ended_iff_terminal",
      sql`(${t.endedAt} is not null) = (${t.status} in ('COMPLETED', 'FAILED', 'TERMINATED'))`,
    ),
    check(
      "reason_fits_status",
      sql`case ${t.status}
        when 'COMPLETED' then ${t.endReason} is not distinct from 'finished'
        when 'FAILED' then ${t.endReason} is not null and ${t.endReason} in ('node_failed', 'limit_exceeded', 'budget_exhausted', 'timed_out', 'lost')
        when 'TERMINATED' then ${t.endReason} is not null and ${t.endReason} in ('stopped', 'parent_stopped', 'abandoned')
        else ${t.endReason} is null end`,
    ),
    check(
      "started_before_running",
      sql`${t.startedAt} is not null or ${t.status} not in ('RUNNING', 'WAITING', 'COMPLETED')`,
    ),
    check("counts_not_negative", sql`${t.open} >= 0 and ${t.waiting} >= 0 and ${t.waiting} <= ${t.open}`),
    check("nothing_open_when_ended", sql`${t.endedAt} is null or ${t.open} = 0`),
    check("depth_is_ancestors", sql`${t.depth} = cardinality(${t.ancestors})`),
    check(
      "root_has_no_parent",
      sql`(${t.parentId} is null) = (${t.depth} = 0) and (${t.depth} > 0 or ${t.rootId} = ${t.id})`,
    ),
    check(
      "ancestors_lead_to_parent",
      sql`${t.depth} = 0 or (${t.ancestors}[1] = ${t.rootId} and ${t.ancestors}[${t.depth}] = ${t.parentId})`,
    ),
    check("lineage_holds_depth", sql`${t.lineageDepth} >= ${t.depth}`),
    check("only_roots_are_detached", sql`${t.originExecutionId} is null or ${t.depth} = 0`),
    check("resurrections_not_negative", sql`${t.resurrections} >= 0`),
    check("item_has_a_map", sql`${t.item} is null or (${t.item} >= 0 and ${t.parentNodeExecutionId} is not null)`),
    check("budget_not_negative", sql`${t.budget} is null or ${t.budget} >= 0`),
  ],
);

/** No foreign key to its execution: checked row by row it took longer than all else in a segment of 1,000 nodes; commit_step joins it. */
export const nodeExecutions = pgTable(
  "node_executions",
  {
    id: uuid("id").$type<NodeExecutionId>().primaryKey(),
    executionId: uuid("execution_id").$type<ExecutionId>().notNull(),
    rootId: uuid("root_id").$type<ExecutionId>().notNull(),
    nodeId: text("node_id").notNull(),
    blockId: text("block_id").notNull(),
    placement: placement("placement").notNull(),
    /** Number of this node execution in its tree, in the order they were made. */
    seq: seq("seq").notNull(),
    status: status("status").notNull(),
    endReason: endReason("end_reason"),
    /** The attempt token: minted by each start; a result with an older one is refused. */
    attempt: integer("attempt").notNull().default(0),
    /** The last attempt that is known to have failed; until another one is minted no code runs for it. */
    failedAttempt: integer("failed_attempt"),
    /** While INCOMPLETE what links have brought; frozen when it is queued. */
    inputs: json("inputs").$type<JsonObject>().notNull(),
    /** The how many-th execution of its node this is, from when it is queued. */
    iteration: integer("iteration"),
    /** Run-on: the node execution whose activity runs this one too; Temporal knows only that one. */
    hostId: uuid("host_id").$type<NodeExecutionId>(),
    /** Rerun: the completed node execution whose outputs it takes over instead of running. */
    reusedFrom: uuid("reused_from").$type<NodeExecutionId>(),
    /** The failed node execution of the same execution that it runs again. */
    resurrects: uuid("resurrects").$type<NodeExecutionId>(),
    error: json("error").$type<RecordedError>(),
    missingPins: textArray("missing_pins"),
    childExecutionId: uuid("child_execution_id").$type<ExecutionId>(),
    /** Of a map: items of its list, those that have been admitted (the first ones), of these those that have ended, of these those that failed. */
    mapItems: integer("map_items"),
    mapAdmitted: integer("map_admitted").notNull().default(0),
    mapEnded: integer("map_ended").notNull().default(0),
    mapFailed: integer("map_failed").notNull().default(0),
    /** Of a timer: when it fires next, and how many times it still will. */
    wakeAt: time("wake_at"),
    wakesLeft: integer("wakes_left"),
    /** Outputs recorded, and how many of them the planner has delivered. */
    emitted: integer("emitted").notNull().default(0),
    delivered: integer("delivered").notNull().default(0),
    /** Ended, and all its outputs delivered: nothing of it is left to do. */
    closed: boolean("closed").notNull().default(false),
    charge: bigint("charge", { mode: "number" }).notNull().default(0),
    /** What its start took of the budget; counts until it has ended. */
    reserved: bigint("reserved", { mode: "number" }).notNull().default(0),
    usage: jsonb("usage").$type<Json>(),
    queuedSeq: seq("queued_seq"),
    startedSeq: seq("started_seq"),
    endedSeq: seq("ended_seq"),
    queuedAt: time("queued_at"),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
  },
  (t) => [
    uniqueIndex("node_executions_resurrect_once")
      .on(t.resurrects)
      .where(sql`${t.resurrects} is not null`),
    uniqueIndex("node_executions_in_order").on(t.executionId, t.seq),
    index("node_executions_of_node").on(t.executionId, t.nodeId, t.queuedSeq),
    // What blocks the deliveries of a node's later executions: its oldest one that still runs.
    index("node_executions_open_of_node")
      .on(t.executionId, t.nodeId, t.queuedSeq)
      .where(sql`${t.endedAt} is null`),
    index("node_executions_live")
      .on(t.executionId, t.status, t.queuedSeq)
      .where(sql`${t.endedAt} is null`),
    index("node_executions_undelivered")
      .on(t.executionId, t.queuedSeq)
      .where(sql`not ${t.closed} and (${t.endedAt} is not null or ${t.emitted} > ${t.delivered})`),
    index("node_executions_reserving")
      .on(t.rootId)
      .where(sql`${t.reserved} > 0 and ${t.endedAt} is null`),
    check("node_charge_not_negative", sql`${t.charge} >= 0 and ${t.reserved} >= 0`),
    check("node_failed_attempt_was_minted", sql`${t.failedAttempt} <= ${t.attempt}`),
    check("node_charged_at_its_end", sql`${t.charge} = 0 or ${t.endedAt} is not null`),
    check(
      "node_ended_iff_terminal",
      sql`(${t.endedAt} is not null) = (${t.status} in ('COMPLETED', 'FAILED', 'TERMINATED'))`,
    ),
    check("node_closed_when_ended", sql`not ${t.closed} or ${t.endedAt} is not null`),
    check(
      "node_queued_unless_incomplete",
      sql`${t.queuedSeq} is not null or ${t.status} in ('INCOMPLETE', 'TERMINATED')`,
    ),
    check("node_delivered_within_emitted", sql`${t.delivered} between 0 and ${t.emitted}`),
    check(
      "node_map_counts",
      sql`0 <= ${t.mapFailed} and ${t.mapFailed} <= ${t.mapEnded} and ${t.mapEnded} <= ${t.mapAdmitted} and ${t.mapAdmitted} <= coalesce(${t.mapItems}, 0)`,
    ),
    check(
      "node_map_ends_last",
      sql`${t.status} <> 'COMPLETED' or ${t.mapItems} is null or ${t.mapEnded} = ${t.mapItems}`,
    ),
    check("node_wait_has_time", sql`${t.status} <> 'WAITING' or ${t.placement} = 'wait'`),
    check(
      "node_reason_fits_status",
      sql`case ${t.status}
        when 'COMPLETED' then ${t.endReason} is not distinct from 'finished'
        when 'FAILED' then ${t.endReason} is not null and ${t.endReason} in ('node_failed', 'limit_exceeded', 'budget_exhausted', 'timed_out', 'lost')
        when 'TERMINATED' then ${t.endReason} is not null and ${t.endReason} in ('stopped', 'parent_stopped', 'abandoned', 'unfed')
        else ${t.endReason} is null end`,
    ),
  ],
);

/** What node executions emitted, in order. Written and deleted with their node execution; no foreign key, to keep a step cheap. */
export const outputs = pgTable(
  "outputs",
  {
    nodeExecutionId: uuid("node_execution_id").$type<NodeExecutionId>().notNull(),
    ordinal: integer("ordinal").notNull(),
    pin: text("pin").notNull(),
    value: json("value").$type<Json>(),
  },
  (t) => [primaryKey({ columns: [t.nodeExecutionId, t.ordinal] })],
);

/**
 * Events as they are kept. A step writes hundreds; to read and write a row for each was nearly half of Postgres' work: those that follow
 * the row's own event in the same step stand in `more`, a list of `{type, execution?, node?, data?}`, numbered on from `seq`. An
 * `execution` is named where it is another one; `data` with a `\u` in it is a string that holds the JSON (db/event-documents.ts). A row
 * mostly stays below the 2 kB from which Postgres would compress it and keep it elsewhere.
 */
export const eventRows = pgTable(
  "event_rows",
  {
    rootId: uuid("root_id").$type<ExecutionId>().notNull(),
    seq: seq("seq").notNull(),
    type: text("type").notNull(),
    at: time("at").notNull(),
    executionId: uuid("execution_id").$type<ExecutionId>().notNull(),
    nodeExecutionId: uuid("node_execution_id").$type<NodeExecutionId>(),
    data: json("data").$type<JsonObject>(),
    more: json("more").$type<JsonObject[]>(),
  },
  (t) => [primaryKey({ columns: [t.rootId, t.seq] })],
);

/** Every event by itself. `row_seq`: the number of the row that holds it, by which it is found (db/events.ts). */
export const events = pgView("events", {
  rootId: uuid("root_id").$type<ExecutionId>().notNull(),
  rowSeq: seq("row_seq").notNull(),
  seq: seq("seq").notNull(),
  type: text("type").notNull(),
  at: time("at").notNull(),
  executionId: uuid("execution_id").$type<ExecutionId>().notNull(),
  nodeExecutionId: uuid("node_execution_id").$type<NodeExecutionId>(),
  data: json("data").$type<JsonObject>(),
}).as(sql`
  select r.root_id, r.seq as row_seq, v.seq, v.type, r.at, v.execution_id, v.node_execution_id, v.data
    from event_rows r
    cross join lateral (
      select r.seq, r.type, r.execution_id, r.node_execution_id, r.data
      union all
      select r.seq + m.nth, m.event ->> 'type', coalesce((m.event ->> 'execution')::uuid, r.execution_id), (m.event ->> 'node')::uuid,
          case json_typeof(m.event -> 'data') when 'string' then (m.event ->> 'data')::json else m.event -> 'data' end
        from json_array_elements(r.more) with ordinality as m (event, nth)
    ) v`);

export const stops = pgTable(
  "stops",
  {
    id: uuid("id").$type<StopId>().primaryKey(),
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    executionId: uuid("execution_id").$type<ExecutionId>().notNull(),
    ownerId: text("owner_id").notNull(),
    status: stopStatus("status").notNull(),
    outcome: stopOutcome("outcome"),
    cause: stopCause("cause").notNull(),
    reason: text("reason"),
    requestedBy: text("requested_by").notNull(),
    cascade: boolean("cascade").notNull(),
    /** The detached nested graphs that were started under it are stopped too, each by a stop of its own. */
    includeDetached: boolean("include_detached").notNull().default(false),
    /** How its target ends: null = TERMINATED, `stopped`; else FAILED with this reason and `error`. */
    endsAs: endReason("ends_as"),
    error: json("error").$type<RecordedError>(),
    deadlineAt: time("deadline_at").notNull(),
    requestedAt: time("requested_at").notNull(),
    fencedAt: time("fenced_at"),
    quiescedAt: time("quiesced_at"),
    closedAt: time("closed_at"),
    counts: jsonb("counts").$type<Record<string, number>>().notNull(),
    leftovers: jsonb("leftovers")
      .$type<{ executionId: string; nodeExecutionId: string | null; why: string }[]>()
      .notNull(),
    /** What was detached under it, as it stood when the stop was closed. */
    detached: jsonb("detached")
      .$type<{ executionId: string; nodeExecutionId: string; status: string; stopId: string | null }[]>()
      .notNull()
      .default([]),
    proof: jsonb("proof").$type<{
      liveDescendants: number;
      startedAfterFence: number;
      chargedAfterFence: number;
      checkedAt: string;
    }>(),
  },
  (t) => [
    uniqueIndex("stops_one_of_execution").on(t.executionId),
    index("stops_open")
      .on(t.id)
      .where(sql`${t.status} <> 'CLOSED'`),
    check("closed_iff_outcome", sql`(${t.status} = 'CLOSED') = (${t.outcome} is not null)`),
  ],
);

export const fences = pgTable(
  "fences",
  {
    executionId: uuid("execution_id").$type<ExecutionId>().primaryKey(),
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    scope: fenceScope("scope").notNull(),
    stopId: uuid("stop_id")
      .$type<StopId>()
      .notNull()
      .references(() => stops.id),
    /** Number of its `stop.requested` event: nothing under it starts or is charged with a higher one. */
    seq: seq("seq").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (t) => [index("fences_of_tree").on(t.rootId)],
);

/** Questions to people; the id is that of the node execution that asks. */
export const reviews = pgTable(
  "reviews",
  {
    id: uuid("id").$type<NodeExecutionId>().primaryKey(),
    executionId: uuid("execution_id").$type<ExecutionId>().notNull(),
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    ownerId: text("owner_id").notNull(),
    status: reviewStatus("status").notNull(),
    kind: reviewKind("kind").notNull().default("approval"),
    question: text("question"),
    payload: json("payload").$type<Json>(),
    /** Of the data of an answer. */
    schema: json("schema").$type<JsonObject>(),
    editable: boolean("editable").notNull(),
    /** Names of those who may answer; empty: anybody. */
    answerers: textArray("answerers")
      .notNull()
      .default(sql`'{}'`),
    /** Approves what its node asks from now on in this execution. */
    autoApprove: boolean("auto_approve").notNull().default(false),
    data: json("data").$type<Json>(),
    message: text("message"),
    decidedBy: text("decided_by"),
    deadlineAt: time("deadline_at"),
    createdAt: time("created_at").notNull(),
    decidedAt: time("decided_at"),
  },
  (t) => [
    index("reviews_of_owner").on(t.ownerId, t.createdAt, t.id),
    index("reviews_of_execution").on(t.executionId),
    index("reviews_of_tree").on(t.rootId),
    check("decided_iff_not_waiting", sql`(${t.status} = 'waiting') = (${t.decidedAt} is null)`),
    check(
      "auto_approve_is_approved",
      sql`not ${t.autoApprove} or (${t.status} = 'approved' and ${t.kind} <> 'question')`,
    ),
  ],
);

/** Held, it and its subtree start nothing new; what runs may finish and is kept. */
export const holds = pgTable(
  "holds",
  {
    executionId: uuid("execution_id").$type<ExecutionId>().primaryKey(),
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    reason: text("reason"),
    requestedBy: text("requested_by").notNull(),
    /** Number of its `execution.paused` event. */
    seq: seq("seq").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (t) => [index("holds_of_tree").on(t.rootId)],
);

/** What Temporal is still to be told. Written in the step that decides it; the dispatcher carries it out, at least once. */
export const outbox = pgTable(
  "outbox",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    kind: text("kind", { enum: ["start", "poke", "stop"] }).notNull(),
    /** The execution to start or poke, or the stop to follow. */
    subjectId: uuid("subject_id").notNull(),
    attempts: integer("attempts").notNull().default(0),
    dueAt: time("due_at").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [index("outbox_due").on(t.dueAt), index("outbox_of_subject").on(t.subjectId)],
);

/** First answers of requests that carried an Idempotency-Key, kept 24 h at least. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    ownerId: text("owner_id").notNull(),
    route: text("route").notNull(),
    key: text("key").notNull(),
    bodyHash: text("body_hash").notNull(),
    /** null while the first request still runs. */
    response: json("response").$type<{ status: number; location: string | null; body: Json }>(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.route, t.key] }), index("idempotency_keys_by_age").on(t.createdAt)],
);

/** What PersistInformation keeps: beyond executions, for one graph (all its versions) or, without one, for all of the owner's. */
export const memories = pgTable(
  "memories",
  {
    ownerId: text("owner_id").notNull(),
    graphId: uuid("graph_id").$type<GraphId>(),
    key: text("key").notNull(),
    value: json("value").$type<Json>().notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (t) => [unique("memories_one_of_key").on(t.ownerId, t.graphId, t.key).nullsNotDistinct()],
);

/**
 * Values over 64 KiB, as JSON, and files: once for each owner, type and content, of which the id is a hash. Written before the
 * step that refers to them; what no tree uses is deleted after a day, so a refused step leaves nothing behind.
 */
export const blobs = pgTable(
  "blobs",
  {
    id: uuid("id").primaryKey(),
    ownerId: text("owner_id").notNull(),
    contentType: text("content_type").notNull(),
    bytes: bytea("bytes").notNull(),
    /** When somebody last wanted to have it kept. */
    keptAt: time("kept_at").notNull().defaultNow(),
  },
  (t) => [index("blobs_by_age").on(t.keptAt)],
);

/** Which trees refer to which: written in the step that does; the key refuses a reference to what is not there. */
export const blobUses = pgTable(
  "blob_uses",
  {
    rootId: uuid("root_id")
      .$type<ExecutionId>()
      .notNull()
      .references(() => trees.rootId, { onDelete: "cascade" }),
    blobId: uuid("blob_id")
      .notNull()
      .references(() => blobs.id),
  },
  (t) => [primaryKey({ columns: [t.rootId, t.blobId] }), index("blob_uses_of_blob").on(t.blobId)],
);

/** One row: which worker audits now, by Postgres' clock, and how many orphans were found so far, by kind. */
export const auditor = pgTable(
  "auditor",
  {
    id: integer("id").primaryKey().default(1),
    holder: uuid("holder"),
    heldUntil: time("held_until"),
    orphans: jsonb("orphans")
      .$type<Record<string, number>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
  },
  (t) => [check("auditor_has_one_row", sql`${t.id} = 1`)],
);
