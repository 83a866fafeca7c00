import { Command } from "commander";
import { addAnswer, addReviews } from "./commands/answer";
import { addDoctor } from "./commands/doctor";
import { addEvents } from "./commands/events";
import { addGraphs } from "./commands/graphs";
import { addList } from "./commands/list";
import { addNodes } from "./commands/nodes";
import { addPause, addResume } from "./commands/pause";
import { addReset } from "./commands/reset";
import { addRun } from "./commands/run";
import { addShow } from "./commands/show";
import { addStop } from "./commands/stop";
import { addTree } from "./commands/tree";
import { addUp } from "./commands/up";
import { addWatch } from "./commands/watch";
import { exitTable } from "./failure";
import { readUrl } from "./options";

/** The command line. Parsing throws a `CommanderError` for what it cannot understand, and what the commands throw. */
export function createProgram(): Command {
  const program = new Command("treeline")
    .description("Runs agent graphs and stops them as a tree. From a clone: npm run treeline -- <command>")
    .option("--json", "answer in JSON: one document, or with --watch one object a line")
    .option("--api <url>", "where the API is (default: what runs in the data folder, else HOST and PORT)", readUrl)
    .option("--debug", "show where a failure comes from")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} }) // whoever catches says it, under --json as JSON
    .exitOverride()
    .addHelpText("afterAll", exitHelp());
  const adders = [
    addUp,
    addGraphs,
    addRun,
    addList,
    addShow,
    addTree,
    addNodes,
    addWatch,
    addEvents,
    addPause,
    addResume,
    addReviews,
    addAnswer,
    addStop,
    addReset,
    addDoctor,
  ];
  for (const add of adders) add(program);
  return program;
}

function exitHelp(): string {
  const rows = Object.values(exitTable).map(({ code, when }) => `  ${String(code).padEnd(3)}  ${when}`);
  return `\nExit codes:\n${rows.join("\n")}`;
}
