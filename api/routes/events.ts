import { z } from "zod";
import { readEventPlace, readEvents, type EventPlace } from "../../db/events";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId } from "../../graph/ids";
import type { AppDeps } from "../deps";
import { streamEvents } from "../event-stream";
import { list } from "../query";
import { eventModes, eventPage, type EventMode } from "../resources/event";
import { route, type Route, type Streamed } from "../route";

const pageSizes = { default: 200, max: 1_000 } as const;
const usual: readonly EventMode[] = ["lifecycle", "values"];

/** What has happened in an execution and its descendants, in order. */
export function eventRoutes({ db, events }: Pick<AppDeps, "db" | "events">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/executions/{id}/events",
      name: "listEvents",
      summary: "Events of an execution and its descendants: a page, or a live stream",
      query: z.strictObject({
        after: z.coerce.number().int().min(0).optional().meta({ description: "Only events with a higher number." }),
        limit: z.coerce.number().int().min(1).max(pageSizes.max).default(pageSizes.default),
        modes: list(z.enum(eventModes)),
      }),
      headers: { "Last-Event-ID": "Of a stream: the last number that was received; as `after`." },
      answers: {
        200: {
          description: "One page; with `Accept: text/event-stream` a stream until all has ended.",
          schema: eventPage,
          stream: "`id:` the number, `event:` the type, `data:` the event; at last `event: end`.",
        },
      },
      errors: ["not_found", "cursor_gone"],
      async handle({ id, query, caller, header, signal }) {
        const executionId = parseExecutionId(id);
        const place = await readEventPlace(db, caller.ownerId, executionId);
        if (!place) throw new TreelineError("not_found", `no execution has the id "${executionId}"`);
        const modes = query.modes ?? usual;
        if (header("Accept")?.includes("text/event-stream")) {
          const after = startOf(place, lastEventId(header("Last-Event-ID")) ?? query.after);
          const body: Streamed = (response) => streamEvents(events, { place, after, modes }, response, signal);
          return { status: 200, body };
        }
        const after = startOf(place, query.after);
        const page = await readEvents(db, {
          rootId: place.rootId,
          within: executionId,
          after,
          limit: query.limit,
          values: modes.includes("values"),
          lifecycle: modes.includes("lifecycle"),
        });
        if (!page) throw new TreelineError("not_found", `no execution has the id "${executionId}"`);
        return { status: 200, body: { events: page.events, lastSeq: page.lastSeq } };
      },
    }),
  ];
}

/** What an EventSource sends when it comes back. Throws `invalid_request` for what is no number. */
function lastEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new TreelineError("invalid_request", "Last-Event-ID must be the number of an event");
  return Number(text);
}

/**
 * The number after which to go on; without a cursor from the oldest event that is kept. Throws `cursor_gone` where events
 * between the cursor and that one are no longer kept, `invalid_request` for a number that no event has yet.
 */
function startOf({ createdSeq, firstSeq, treeSeq }: EventPlace, cursor: number | undefined): number {
  const beginning = createdSeq - 1;
  if (cursor === undefined) return Math.max(beginning, firstSeq - 1);
  if (cursor > treeSeq) {
    const fault = { pointer: "/query/after", detail: `the tree's last event has the number ${treeSeq}` };
    throw new TreelineError("invalid_request", `no event ${cursor} yet: ${fault.detail}`, [fault]);
  }
  const after = Math.max(beginning, cursor);
  if (after >= firstSeq - 1) return after;
  throw new TreelineError(
    "cursor_gone",
    `the oldest event that is kept has the number ${firstSeq}; ask without a cursor`,
  );
}
