import type { Json, JsonObject } from "../graph/json";
import { shownAs } from "../graph/large";
import { toRecord } from "./marker";
import type { EventRow, Unit } from "./step";

/** Events of one row. Mostly they take some 120 characters each, and the row stays below 2 kB (db/schema.ts, eventRows). */
const eventsOfRow = 13;

/**
 * The events of these units as commit_step takes them: of each row the event that it begins with, and for each row that holds
 * more a line with the others, whose number it names. null: none. JSON.stringify writes no line break, so a line is a line.
 */
export function eventDocuments(units: readonly Unit[]): [rows: string | null, more: string | null] {
  const rows: object[] = [];
  const lines: string[] = [];
  units.forEach(({ events }, u) => {
    for (let at = 0, first = events[at]; first; first = events[(at += eventsOfRow)]) {
      const others = events.slice(at + 1, at + eventsOfRow);
      rows.push(rowDocument(u, at + 1, first, others.length > 0 ? lines.push(lineOf(others, first)) : undefined));
    }
  });
  return [rows.length > 0 ? JSON.stringify(rows) : null, lines.length > 0 ? lines.join("\n") : null];
}

function rowDocument(
  u: number,
  ordinal: number,
  { type, executionId, nodeExecutionId, data }: EventRow,
  more?: number,
) {
  return {
    u,
    ordinal,
    type,
    execution_id: executionId,
    node_execution_id: nodeExecutionId,
    data: data && toRecord(data),
    more,
  };
}

function lineOf(events: readonly EventRow[], first: EventRow): string {
  const line = JSON.stringify(events.map((event) => followingEvent(event, first, event.data)));
  if (!line.includes("\\u") && !line.includes(`"${shownAs}`)) return line;
  return JSON.stringify(events.map((event) => followingEvent(event, first, asFound(event.data))));
}

function followingEvent({ type, executionId, nodeExecutionId: node }: EventRow, first: EventRow, data?: Json) {
  return executionId === first.executionId ? { type, node, data } : { type, execution: executionId, node, data };
}

/** Postgres takes no field out of a text with \u0000 or half a surrogate pair in it, and a reference is marked by its escape: as one string both pass. */
function asFound(data: JsonObject | undefined): Json | undefined {
  const text = data && toRecord(data);
  return text?.includes("\\u") ? text : data;
}
