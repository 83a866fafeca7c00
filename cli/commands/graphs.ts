import type { Command } from "commander";
import type { Graph, GraphSummary, ImportedGraph } from "../answers";
import { saveFile } from "../graph-file";
import { counted, facts, table } from "../lines/table";
import { readCount } from "../options";
import { openSession } from "../session";

export function addGraphs(program: Command): void {
  const graphs = program
    .command("graphs")
    .description("The latest version of each graph, the newest first")
    .option("--limit <n>", "at most so many", readCount, 50)
    .addHelpText("after", "\nExample:\n  npm run treeline -- graphs --limit 10")
    .action(async (options: { limit: number }, command: Command) => {
      const { api, terminal } = openSession(command);
      const { items, nextCursor } = await api.listGraphs(options.limit);
      terminal.answer({ graphs: items, nextCursor }, () => summaryTable(items));
      if (nextCursor !== null) terminal.note(`there are more than ${items.length}: see --limit`);
    });

  graphs
    .command("show")
    .description("A graph: its inputs, outputs and nodes")
    .argument("<id>", "of the graph")
    .option("--graph-version <n>", "not the latest version but this one", readCount)
    .addHelpText("after", "\nExample:\n  npm run treeline -- graphs show 0199c0de-0000-7000-8000-000000000000")
    .action(async (id: string, options: { graphVersion?: number }, command: Command) => {
      const { api, terminal } = openSession(command);
      const graph = await api.readGraph(id, options.graphVersion);
      terminal.answer(graph, () => graphLines(graph));
    });

  graphs
    .command("add")
    .description("Save the graph of a file, in Treeline's form or in AutoGPT's export form, with its nested graphs")
    .argument("<file>", "JSON")
    .addHelpText("after", "\nExample:\n  npm run treeline -- graphs add examples/travel-notes.json")
    .action(async (file: string, _options: unknown, command: Command) => {
      const { api, terminal } = openSession(command);
      const saved = await saveFile(api, file);
      terminal.answer(saved, () => graphLines(saved));
      for (const warning of warningsOf(saved)) terminal.note(warning);
    });
}

/** Of an import: what works but should be looked at. */
export function warningsOf(saved: Graph | ImportedGraph): readonly string[] {
  if (!("warnings" in saved)) return [];
  return saved.warnings.map(({ pointer, detail }) => `warning: ${pointer}  ${detail}`);
}

function summaryTable(graphs: readonly GraphSummary[]): string[] {
  const rows = graphs.map((one) => [one.id, String(one.version), one.name, pinsOf(one.inputSchema), one.createdAt]);
  return table(["ID", "VERSION", "NAME", "INPUTS", "CREATED"], rows);
}

function graphLines(graph: Graph): string[] {
  const nodes = graph.nodes.map(({ id, label }) => label ?? id);
  return [
    graph.name,
    ...facts([
      ["id", graph.id],
      ["version", String(graph.version)],
      ["about", graph.description],
      ["inputs", pinsOf(graph.inputSchema)],
      ["outputs", pinsOf(graph.outputSchema)],
      ["nodes", `${counted(nodes.length, "node")}: ${nodes.join(", ")}`],
      ["nested", graph.subGraphs.map(({ name, id, version }) => `${name} (${id} version ${version})`).join(", ")],
    ]),
  ];
}

/** What may be left out is marked. */
function pinsOf({ properties, required }: GraphSummary["inputSchema"]): string {
  return Object.keys(properties)
    .map((pin) => (required.includes(pin) ? pin : `${pin}?`))
    .join(", ");
}
