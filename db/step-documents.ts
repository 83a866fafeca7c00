import type { Json } from "../graph/json";
import { largesAmong, type Large } from "../graph/large";
import { toRecord } from "./marker";
import type { RecordedError } from "./schema";
import { budgetStopDocument, haltDocument, selfStopDocument } from "./self-stop";
import type { ChildRow, EventRow, NodeInsert, NodeRow, NodeUpdate, OutputRow, Relay, ReviewRow, Unit } from "./step";

/**
 * What commit_step takes: one JSON document for each of its parameters, in their order, rows tagged with their unit `u`. Flat
 * object literals on purpose: a segment of 1,000 nodes has some 6,000 rows, and copying them once more was half of the time.
 * null: no rows.
 */
export function documentsOf(units: readonly Unit[]): (string | null)[] {
  const each = <Row>(
    rows: (unit: Unit) => readonly Row[],
    document: (u: number, row: Row, index: number) => object,
  ) => {
    const all = units.flatMap((unit, u) => rows(unit).map((row, index) => document(u, row, index)));
    return all.length > 0 ? JSON.stringify(all) : null;
  };
  return [
    JSON.stringify(units.map((unit, u) => unitDocument(u, unit))),
    each((unit) => unit.children, childDocument),
    each((unit) => unit.inserts, insertDocument),
    each((unit) => unit.updates, updateDocument),
    each((unit) => unit.outputs, outputDocument),
    each((unit) => (unit.relay ? [unit.relay] : []), relayDocument),
    each((unit) => unit.events, eventDocument),
    each(
      (unit) => unit.pokes,
      (u, subject_id) => ({ u, kind: "poke", subject_id }),
    ),
  ];
}

/** JSON from outside travels as text inside the document, so that \u0000 and lone surrogates reach their column as they are. */
const asText = (value: Json | RecordedError | undefined): string | undefined =>
  value === undefined ? undefined : toRecord(value);

/** References among the values that a unit writes; each is then used by its tree. */
export function largesOf({ inserts, updates, outputs, children, relay }: Unit): Large[] {
  const inputs = [...inserts, ...updates, ...children].flatMap((row) => Object.values(row.inputs ?? {}));
  const questions = [...inserts, ...updates].flatMap(({ review }) => (review ? [review.payload] : []));
  const emitted = [...outputs, ...(relay?.outputs ?? [])].map(({ value }) => value);
  return largesAmong([...inputs, ...questions, ...emitted]);
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

function nodeDocument(u: number, row: NodeRow) {
  return {
    u,
    id: row.id,
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
    resurrects: row.resurrects,
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

function reviewDocument({ payload, schema, ...rest }: ReviewRow) {
  return { ...rest, payload: asText(payload), schema: schema === null ? undefined : JSON.stringify(schema) };
}

function insertDocument(u: number, row: NodeInsert, index: number) {
  const document = nodeDocument(u, row);
  const delivered = row.delivered ?? 0;
  return Object.assign(document, { delivered, node_id: row.nodeId, block_id: row.blockId, ordinal: index + 1 });
}

function updateDocument(u: number, row: NodeUpdate) {
  return Object.assign(nodeDocument(u, row), { from: row.from });
}

function outputDocument(u: number, { id, ordinal, pin, value }: OutputRow) {
  return { u, id, ordinal, pin, value: asText(value) };
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

function eventDocument(u: number, { type, executionId, nodeExecutionId, data }: EventRow, index: number) {
  return {
    u,
    ordinal: index + 1,
    type,
    execution_id: executionId,
    node_execution_id: nodeExecutionId,
    data: asText(data),
  };
}
