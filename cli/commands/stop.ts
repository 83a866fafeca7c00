import type { Command } from "commander";
import type { Stop } from "../answers";
import { follow } from "../follow";
import { planLines, stopLines } from "../lines/stop";
import { readDuration } from "../options";
import { openSession, type Session } from "../session";
import { awayLine } from "../watch";

type Options = {
  readonly wait?: true;
  readonly deadline?: string;
  readonly force?: true;
  readonly cascade: boolean;
  readonly includeDetached?: true;
  readonly dryRun?: true;
  readonly reason?: string;
  readonly timeout?: number;
};

/** How long the API holds each of our questions while the stop goes on. */
const heldMs = 5_000;
const example = `
Examples:
  npm run treeline -- stop 0199c0de-0000-7000-8000-000000000000 --dry-run
  npm run treeline -- stop 0199c0de-0000-7000-8000-000000000000 --wait --deadline 5s --reason "wrong input"`;

export function addStop(program: Command): void {
  program
    .command("stop")
    .description("Stop an execution with all its descendants, or join the stop that goes on")
    .argument("<id>", "of the execution")
    .option("--wait", "answer with the receipt, when nothing is open any more")
    .option("--deadline <duration>", "what has not ended by then is abandoned (default: 15s)")
    .option("--force", "the deadline is now, also that of a stop that goes on")
    .option("--no-cascade", "only the execution itself: what runs and its children finish")
    .option("--include-detached", "detached trees that it started too")
    .option("--dry-run", "only say what would be stopped")
    .option("--reason <text>", "recorded with the stop")
    .option("--timeout <duration>", "wait no longer than this; the stop goes on", readDuration)
    .addHelpText("after", example)
    .action(async (id: string, options: Options, command: Command) => {
      const session = openSession(command);
      const { api, terminal } = session;
      const { reason, deadline, cascade, force, includeDetached } = options;
      const body = { reason, deadline, cascade, force, includeDetached };
      if (options.dryRun) {
        const answer = await api.planStop(id, body);
        terminal.answer(answer, () => planLines(answer.plan));
        return;
      }
      const requested = await api.stop(id, body);
      const stop = options.wait ? await waitUntilClosed(session, requested, options.timeout) : requested;
      terminal.answer(stop, () => stopLines(stop));
      if (stop.status !== "CLOSED") terminal.note(`npm run treeline -- stop ${id} --wait waits for the receipt`);
    });
}

async function waitUntilClosed({ api, terminal }: Session, requested: Stop, timeoutMs?: number): Promise<Stop> {
  const { id, executionId } = requested;
  if (id === null || requested.status === "CLOSED") return requested;
  return await follow({
    ask: (signal) => api.readStop(id, { signal, waitMs: heldMs }),
    isOver: ({ status }) => status === "CLOSED",
    onAway: () => terminal.note(awayLine),
    hints: [`stop ${id} goes on`, `wait again:  npm run treeline -- stop ${executionId} --wait`],
    timeoutMs,
  });
}
