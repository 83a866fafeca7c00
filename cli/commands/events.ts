import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Event } from "../answers";
import { followEvents, type EventQuery } from "../events";
import { listenForLeaving } from "../follow";
import { eventLine } from "../lines/event";
import { readCount, readDuration } from "../options";
import { openSession, type Session } from "../session";
import { awayLine } from "../watch";

type Options = {
  readonly follow?: true;
  readonly after?: number;
  readonly modes?: string;
  readonly limit: number;
  readonly timeout?: number;
};

const pageSize = 1_000;
const example = `
Examples:
  npm run treeline -- events 0199c0de-0000-7000-8000-000000000000 --after 100
  npm run --silent treeline -- events 0199c0de-0000-7000-8000-000000000000 --follow --modes lifecycle,progress --json`;

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("What has happened in an execution and its descendants, in order")
    .argument("<id>", "of the execution")
    .option("-f, --follow", "go on with what happens, until all has ended")
    .option("--after <n>", "only events with a higher number", readNumber)
    .option("--modes <list>", "of lifecycle,values,progress,tokens (default: the first two; the others with --follow)")
    .option("--limit <n>", "at most so many; not with --follow", readCount, pageSize)
    .option("--timeout <duration>", "follow no longer than this", readDuration)
    .addHelpText("after", example)
    .action(async (id: string, { follow, after, modes, limit, timeout }: Options, command: Command) => {
      const session = openSession(command);
      const query = { after, modes: modes?.split(/[\s,]+/) };
      if (follow) await show(session, id, query, timeout);
      else await list(session, id, query, limit);
    });
}

async function list({ api, terminal }: Session, id: string, { after, modes }: EventQuery, limit: number) {
  const events: Event[] = [];
  let lastSeq = after;
  for (let wanted = limit; wanted > 0; wanted = limit - events.length) {
    const page = await api.listEvents(id, { after: lastSeq, modes, limit: Math.min(pageSize, wanted) });
    events.push(...page.events);
    lastSeq = page.lastSeq;
    if (page.events.length < Math.min(pageSize, wanted)) break;
  }
  terminal.answer({ events, lastSeq }, () => events.map(eventLine));
  if (events.length === limit) terminal.note(`there may be more: --after ${lastSeq}`);
}

async function show({ api, terminal }: Session, id: string, query: EventQuery, timeoutMs?: number) {
  const hints = [`execution ${id} goes on`];
  const { signal, close } = listenForLeaving({ hints, timeoutMs });
  try {
    for await (const event of followEvents(api, id, query, signal, () => terminal.note(awayLine))) {
      if (terminal.isJson) terminal.emit(event);
      else terminal.say(eventLine(event));
    }
  } finally {
    close();
  }
}

function readNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("must be the number of an event, or 0");
  return Number(text);
}
