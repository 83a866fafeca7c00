import type { Command } from "commander";
import { nodeTable } from "../lines/execution";
import { readCount } from "../options";
import { openSession } from "../session";

type Options = { readonly status?: string; readonly node?: string; readonly limit: number };

export function addNodes(program: Command): void {
  program
    .command("nodes")
    .description("Node executions of an execution, in the order they were made")
    .argument("<id>", "of the execution")
    .option("--status <list>", "only these, such as failed,terminated")
    .option("--node <id>", "only of this node of the graph")
    .option("--limit <n>", "at most so many", readCount, 200)
    .addHelpText(
      "after",
      "\nExample:\n  npm run treeline -- nodes 0199c0de-0000-7000-8000-000000000000 --status failed",
    )
    .action(async (id: string, { status, node, limit }: Options, command: Command) => {
      const { api, terminal } = openSession(command);
      const query = { status: status?.toUpperCase().split(/[\s,]+/), nodeId: node };
      const { items, nextCursor } = await api.listNodes(id, query, limit);
      terminal.answer({ nodes: items, nextCursor }, () => nodeTable(items, Date.now()));
      if (nextCursor !== null) terminal.note(`there are more than ${items.length}: see --limit`);
    });
}
