import type { Json } from "../graph/json";
import { isLarge, largesAmong, type Large } from "../graph/large";
import { eventDocuments } from "./event-documents";
import { toRecord } from "./marker";
import { quoted, recordArray, textArray } from "./record-array";
import type { RecordedError } from "./schema";
import { budgetStopDocument, haltDocument, selfStopDocument } from "./self-stop";
import type { ChildRow, NodeInsert, NodeUpdate, OutputRow, Relay, ReviewRow, Unit } from "./step";

/**
 * What commit_step takes, in the order of its parameters: rows tagged with their unit `u`, as JSON or, of what a segment writes
 * thousands, as records of a composite type. null: no rows.
 */
export function documentsOf(units: readonly Unit[]): (string | null)[] {
  const each = <Row, Made>(rows: (unit: Unit) => readonly Row[], make: (u: number, row: Row, index: number) => Made) =>
    units.flatMap((unit, u) => rows(unit).map((row, index) => make(u, row, index)));
  return [
    JSON.stringify(units.map((unit, u) => unitDocument(u, unit))),
    jsonOf(each((unit) => unit.children, childDocument)),
    recordsOf(each((unit) => unit.inserts, insertRecord)),
    jsonOf(each((unit) => unit.updates, updateDocument)),
    recordsOf(each((unit) => unit.outputs, outputRecord)),
    jsonOf(each((unit) => (unit.relay ? [unit.relay] : []), relayDocument)),
    ...eventDocuments(units),
    jsonOf(
      each(
        (unit) => unit.pokes,
        (u, subject_id) => ({ u, kind: "poke", subject_id }),
      ),
    ),
  ];
}

const jsonOf = (rows: readonly object[]) => (rows.length > 0 ? JSON.stringify(rows) : null);
const recordsOf = (rows: readonly string[]) => (rows.length > 0 ? recordArray(rows) : null);

/** JSON from outside travels as text inside the document, so that \u0000 and lone surrogates reach their column as they are. */
const asText = (value: Json | RecordedError | undefined): string | undefined =>
  value === undefined ? undefined : toRecord(value);

/** References among the values that a unit writes; each is then used by its tree. Loops: a segment's 3,000 values are in no list yet. */
export function largesOf({ inserts, updates, outputs, children, relay }: Unit): Large[] {
  const larges: Large[] = [];
  const look = (value: Json | undefined) => void (isLarge(value) && larges.push(value));
  for (const rows of [inserts, updates, children]) {
    for (const { inputs } of rows) for (const pin in inputs) look(inputs[pin]);
  }
  for (const rows of [inserts, updates]) for (const { review } of rows) look(review?.payload);
  for (const { value } of outputs) look(value);
  for (const { value } of relay?.outputs ?? []) look(value);
  return larges;
}

function idsOf(larges: readonly Large[]): string[] | undefined {
  return larges.length === 0 ? undefined : [...new Set(larges.map(({ id }) => id))];
}

function unitDocument(u: number, unit: Unit) {
  const { executionId, kind, version, tokens, execution, ...rows } = unit;
  const { status, endReason, error, stopId, firstRunId, limits, runTimeMs, open, waiting, failed, unhandled } =
    execution;
  const { started, ended, charge, spends } = execution;
  const { stop } = rows;
  const children = rows.children.filter(({ queued }) => queued !== null).length;
  return {
    u,
    execution_id: executionId,
    kind,
    version,
    relay: rows.relay !== null,
    reviews: rows.reviews,
    tokens,
    events: rows.events.length,
    nodes: rows.inserts.length,
    children,
    detached: rows.children.length - children,
    status,
    end_reason: endReason,
    error: asText(error),
    stop_id: stopId,
    first_run_id: firstRunId,
    limits: limits && JSON.stringify(limits),
    run_time_ms: runTimeMs,
    open,
    waiting,
    failed,
    unhandled,
    resurrections: execution.resurrections ?? 0,
    started,
    ended,
    halts: rows.halts?.map(haltDocument),
    charge: charge || undefined,
    spends,
    stop: stop && (stop.cause === "budget" ? budgetStopDocument(stop) : selfStopDocument(stop)),
    blobs: idsOf(largesOf(unit)),
  };
}

function reviewDocument({ payload, schema, ...rest }: ReviewRow) {
  return { ...rest, payload: asText(payload), schema: schema === null ? undefined : JSON.stringify(schema) };
}

/** A `step_node`, field by field in the order of its type (db/migrations). */
function insertRecord(u: number, row: NodeInsert, index: number): string {
  const { error, missingPins, map, review } = row;
  const what = `${u},${row.id},${quoted(row.nodeId)},${quoted(row.blockId)},${row.placement},${index + 1},${row.status},${row.endReason ?? ""}`;
  const values = `${quoted(toRecord(row.inputs))},${error ? quoted(toRecord(error)) : ""},${missingPins ? quoted(textArray(missingPins)) : ""}`;
  const nested = `${row.childExecutionId ?? ""},${map?.items ?? ""},${map?.admitted ?? ""}`;
  const origin = `${row.iteration ?? ""},${row.hostId ?? ""},${row.resurrects ?? ""}`;
  const waits = `${row.wakeInMs ?? ""},${row.wakesLeft ?? ""},${review ? quoted(JSON.stringify(reviewDocument(review))) : ""}`;
  const counts = `${row.emitted},${row.delivered ?? 0},${row.closed},${row.charge ?? ""}`;
  return `${what},${values},${nested},${origin},${waits},${counts},${row.queued ?? ""},${row.started ?? ""},${row.ended ?? ""}`;
}

function updateDocument(u: number, row: NodeUpdate) {
  return {
    u,
    id: row.id,
    from: row.from,
    status: row.status,
    end_reason: row.endReason,
    placement: row.placement,
    inputs: asText(row.inputs),
    error: asText(row.error),
    charge: row.charge,
    missing_pins: row.missingPins,
    child_execution_id: row.childExecutionId,
    map_items: row.map?.items,
    map_admitted: row.map?.admitted,
    iteration: row.iteration,
    host_id: row.hostId,
    wake_in: row.wakeInMs,
    wakes_left: row.wakesLeft,
    review: row.review && reviewDocument(row.review),
    emitted: row.emitted,
    delivered: row.delivered,
    closed: row.closed,
    queued: row.queued,
    started: row.started,
    ended: row.ended,
  };
}

/** A `step_output`. */
function outputRecord(u: number, { id, ordinal, pin, value }: OutputRow): string {
  return `${u},${id},${ordinal},${quoted(pin)},${quoted(toRecord(value))}`;
}

function childDocument(u: number, row: ChildRow) {
  return {
    u,
    id: row.id,
    parent_node_execution_id: row.parentNodeExecutionId,
    graph_id: row.graphId,
    graph_version: row.graphVersion,
    inputs: asText(row.inputs),
    masks: asText(row.masks),
    item: row.item,
    at_event: row.queued,
    blobs: idsOf(largesAmong(Object.values(row.inputs))),
  };
}

function relayDocument(u: number, { id, isItem, outputs, end }: Relay) {
  return {
    u,
    id,
    is_item: isItem,
    outputs: outputs.map(({ pin, value }) => ({ pin, value: asText(value) })),
    status: end?.status,
    end_reason: end?.endReason,
    error: asText(end?.error ?? undefined),
    ended: end?.ended,
  };
}
