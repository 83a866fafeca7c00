import type { Command } from "commander";
import { treeLines } from "../lines/tree";
import { readDepth, readDuration } from "../options";
import { openSession } from "../session";
import { assertCompleted, watchTree } from "../watch";

type Options = { readonly watch?: true; readonly depth?: number; readonly timeout?: number };

export function addTree(program: Command): void {
  program
    .command("tree")
    .description("An execution with all its descendants")
    .argument("<id>", "of the execution")
    .option("-w, --watch", "show it until it has ended")
    .option("--depth <n>", "only so many levels below it", readDepth)
    .option("--timeout <duration>", "watch no longer than this; it goes on", readDuration)
    .addHelpText(
      "after",
      "\nExample:\n  npm run treeline -- tree 0199c0de-0000-7000-8000-000000000000 --watch --depth 2",
    )
    .action(async (id: string, { watch, depth, timeout }: Options, command: Command) => {
      const { api, terminal } = openSession(command);
      if (watch) {
        assertCompleted(await watchTree({ api, terminal }, id, { depth, timeoutMs: timeout }));
        return;
      }
      const tree = await api.readTree(id, depth);
      terminal.answer(tree, () => treeLines(tree, Date.now()));
    });
}
