import type { Command } from "commander";
import { readDepth, readDuration } from "../options";
import { openSession } from "../session";
import { assertCompleted, watchTree } from "../watch";

type Options = { readonly depth?: number; readonly timeout?: number };

export function addWatch(program: Command): void {
  program
    .command("watch")
    .description(
      "Show the tree of an execution until it has ended; in a terminal with keys to pause, resume and stop it",
    )
    .argument("<id>", "of the execution")
    .option("--depth <n>", "only so many levels below it", readDepth)
    .option("--timeout <duration>", "watch no longer than this; it goes on", readDuration)
    .addHelpText("after", "\nExample:\n  npm run treeline -- watch 0199c0de-0000-7000-8000-000000000000 --depth 2")
    .action(async (id: string, { depth, timeout }: Options, command: Command) => {
      const session = openSession(command);
      assertCompleted(await watchTree(session, id, { depth, timeoutMs: timeout, withKeys: true }));
    });
}
