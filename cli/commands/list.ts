import type { Command } from "commander";
import { executionTable } from "../lines/execution";
import { addLabel, readCount } from "../options";
import { openSession } from "../session";

type Options = {
  readonly status?: string;
  readonly graph?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly roots?: true;
  readonly limit: number;
};

export function addList(program: Command): void {
  program
    .command("list")
    .description("Executions, the newest first")
    .option("--status <list>", "only these, such as running,waiting")
    .option("--graph <id>", "only of this graph")
    .option("-l, --label <name:value>", "only with this label; may be repeated", addLabel)
    .option("--roots", "without those of nested graphs")
    .option("--limit <n>", "at most so many", readCount, 20)
    .addHelpText("after", "\nExample:\n  npm run treeline -- list --roots --status running,waiting")
    .action(async (options: Options, command: Command) => {
      const { api, terminal } = openSession(command);
      const query = {
        status: options.status?.toUpperCase().split(/[\s,]+/),
        graphId: options.graph,
        rootsOnly: options.roots,
        label: Object.entries(options.label ?? {}).map(([name, value]) => `${name}:${value}`),
      };
      const { items, nextCursor } = await api.listExecutions(query, options.limit);
      terminal.answer({ executions: items, nextCursor }, () => executionTable(items, Date.now()));
      if (nextCursor !== null) terminal.note(`there are more than ${items.length}: see --limit`);
    });
}
