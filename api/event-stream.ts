import { once } from "node:events";
import type { Response } from "express";
import type { EventPlace } from "../db/events";
import type { LiveEvents } from "./live-events";
import type { Frame, Note } from "./live-tree";
import type { EventMode } from "./resources/event";

/** What a client waits before it comes back. */
const retryMs = 1_000;

export type StreamOf = { readonly place: EventPlace; readonly after: number; readonly modes: readonly EventMode[] };

const modeOf = (type: string): EventMode => noteModes[type] ?? (type === "node.output" ? "values" : "lifecycle");
const noteModes: Readonly<Record<string, EventMode>> = { "node.progress": "progress", "node.token": "tokens" };

/**
 * Streams events to one client: what is recorded, in pages as fast as the client takes them, then what comes, until the
 * execution and its descendants have ended and their stops are closed. Ends early where the client stalls or `signal` aborts;
 * what a client got is always without gaps, so that it can go on after its last number.
 */
export async function streamEvents(
  events: Pick<LiveEvents, "follow" | "times">,
  { place, after, modes }: StreamOf,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const { id } = place;
  const { heartbeatMs, stalledMs } = events.times;
  let wake = () => {};
  const note = ({ type, path, text }: Note) => {
    // Kept nowhere, so a client that is behind goes without.
    if (modes.includes(modeOf(type)) && path.includes(id) && !response.writableNeedDrain) response.write(text);
  };
  const tree = events.follow(place.rootId, place.treeSeq, { wake: () => wake(), note });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  const heart = setInterval(() => !response.writableNeedDrain && response.write(":\n\n"), heartbeatMs);
  response.on("error", () => {}); // it was closed by the other side: `signal` tells
  response.set({ "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  response.write(`retry: ${retryMs}\n\n`);
  try {
    let position = after;
    let mayBeOver = true;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve)); // before the look: nothing falls between the two
      const step = await tree.next(position, id);
      if (!step) return void response.end(": these events are not kept any more\n\n");
      position = step.position;
      mayBeOver ||= step.frames.some((frame) => isEnding(frame, id));
      const sent = step.frames.filter(({ type }) => modes.includes(modeOf(type)));
      if (sent.length > 0 && !(await send(response, sent, stalledMs, signal))) return;
      if (step.isLast) {
        if (mayBeOver) {
          const end = await tree.findEnd(id);
          if (end !== null && position >= end) return void response.end(`event: end\ndata: {"lastSeq":${end}}\n\n`);
          if (end === null) mayBeOver = false;
          else tree.look();
        }
        await woken;
      }
    }
    response.end(": the server stops, come back\n\n");
  } catch {
    response.destroy(); // Postgres is away: the client comes back
  } finally {
    clearInterval(heart);
    signal.removeEventListener("abort", onAbort);
    tree.leave();
  }
}

/** After this event it may be over. */
function isEnding({ type, executionId }: Frame, id: string): boolean {
  return type === "stop.closed" || (executionId === id && /^execution\.(completed|failed|terminated)$/.test(type));
}

/** Answers false where the client does not take it in time. */
async function send(
  response: Response,
  frames: readonly Frame[],
  stalledMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (response.write(frames.map(({ text }) => text).join(""))) return true;
  const waiting = new AbortController();
  const giveUp = () => waiting.abort();
  signal.addEventListener("abort", giveUp);
  const late = setTimeout(giveUp, stalledMs);
  try {
    await once(response, "drain", waiting);
    return true;
  } catch {
    response.end(": too slow, or the server stops: come back\n\n");
    setTimeout(() => response.destroy(), retryMs);
    return false;
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", giveUp);
  }
}
