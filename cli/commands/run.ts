import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Execution } from "../answers";
import type { Api } from "../client";
import { Failure } from "../failure";
import { saveFile } from "../graph-file";
import { executionLines } from "../lines/execution";
import { addInput, addLabel, readCount, readDuration } from "../options";
import { openSession } from "../session";
import type { Terminal } from "../terminal";
import { assertCompleted, waitForEnd, watchTree } from "../watch";
import { warningsOf } from "./graphs";

type Options = {
  readonly input?: Readonly<Record<string, unknown>>;
  readonly label?: Readonly<Record<string, string>>;
  readonly graphVersion?: number;
  readonly watch?: true;
  readonly wait?: true;
  readonly timeout?: number;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const example = `
Examples:
  npm run treeline -- run examples/travel-notes.json --input 'cities=["Oslo","Quito"]' --watch
  npm run treeline -- run 0199c0de-0000-7000-8000-000000000000 --input who=Ada --wait --timeout 30s --json`;

export function addRun(program: Command): void {
  program
    .command("run")
    .description("Start a graph; a file is saved first, with its nested graphs")
    .argument("<file or graph>", "a JSON file (Treeline's form or AutoGPT's export form) or the id of a graph")
    .option("-i, --input <name=value>", "an input, as JSON if it is that, else as text; may be repeated", addInput)
    .option("-l, --label <name:value>", "a label, to find it by; may be repeated", addLabel)
    .option("--graph-version <n>", "of a graph's id: not the latest version but this one", readCount)
    .option("-w, --watch", "show the tree until it has ended")
    .option("--wait", "answer when it has ended")
    .option("--timeout <duration>", "wait or watch no longer than this; it goes on", readDuration)
    .addHelpText("after", example)
    .action(async (graph: string, options: Options, command: Command) => {
      const { api, terminal } = openSession(command);
      const target = await findTarget(api, terminal, graph, options.graphVersion);
      const started = await api.start(target.id, {
        inputs: options.input ?? {},
        version: target.version,
        labels: options.label,
      });
      if (options.watch) {
        const ended = await watchTree({ api, terminal }, started.id, { timeoutMs: options.timeout });
        if (!terminal.isJson) showExecution(terminal, ended); // as JSON, its last line has said it
        assertCompleted(ended);
      } else if (options.wait) {
        const ended = await waitForEnd({ api, terminal }, started.id, options.timeout);
        showExecution(terminal, ended);
        assertCompleted(ended);
      } else {
        showExecution(terminal, started);
        if (!terminal.isJson) terminal.note(`npm run treeline -- tree ${started.id} --watch shows how it goes`);
      }
    });
}

type Target = { readonly id: string; readonly version: number | undefined };

/** What has the form of an id is one, unless there is such a file. */
async function findTarget(api: Api, terminal: Terminal, graph: string, version: number | undefined): Promise<Target> {
  if (uuid.test(graph) && !existsSync(graph)) return { id: graph, version };
  if (version !== undefined) throw new Failure("usage", "--graph-version goes with the id of a graph, not with a file");
  const saved = await saveFile(api, graph);
  terminal.note(`saved ${saved.name}: graph ${saved.id} version ${saved.version}`);
  for (const warning of warningsOf(saved)) terminal.note(warning);
  return { id: saved.id, version: saved.version };
}

function showExecution(terminal: Terminal, execution: Execution): void {
  terminal.answer(execution, () => executionLines(execution, Date.now()));
}
