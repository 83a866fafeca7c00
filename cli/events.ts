import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "./answers";
import type { Api } from "./client";
import { awayForMs, isAway } from "./follow";

const comeBackMs = 500;

export type EventQuery = { readonly after?: number | undefined; readonly modes?: readonly string[] | undefined };

/**
 * Every event, live, until all has ended. Over a connection that is cut it goes on after the last number it had, for as long
 * as the API is not away for more than a minute. Throws `signal`'s reason where that aborts.
 */
export async function* followEvents(
  api: Pick<Api, "openEvents">,
  id: string,
  { after, modes }: EventQuery,
  signal: AbortSignal,
  onAway: () => void,
): AsyncGenerator<Event> {
  let last = after;
  let awaySince: number | null = null;
  for (;;) {
    try {
      for await (const { type, data } of blocksOf(api.openEvents(id, { after: last, modes }, signal))) {
        awaySince = null;
        if (type === "end") return;
        const event = JSON.parse(data) as Event;
        last = event.seq ?? last;
        yield event;
      }
    } catch (error) {
      if (!isAway(error) || Date.now() - (awaySince ?? Date.now()) > awayForMs) throw error;
      if (awaySince === null) onAway();
      awaySince ??= Date.now();
    }
    await delay(comeBackMs, undefined, { signal }).catch(() => {
      throw signal.reason;
    });
  }
}

/** The events of a text in the form of server-sent events; comments and what is cut off are left out. */
export async function* blocksOf(text: AsyncIterable<string>): AsyncGenerator<{ type: string; data: string }> {
  let rest = "";
  for await (const part of text) {
    const blocks = (rest + part).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s) as [string, string]));
      const data = fields.get("data");
      if (data !== undefined) yield { type: fields.get("event") ?? "message", data };
    }
  }
}
