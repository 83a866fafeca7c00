import { Argument, Command, InvalidArgumentError } from "commander";
import { run, stopOnSignal } from "../local/signals";
import { cases } from "./cases";
import { runCase } from "./run-case";
import { startSides } from "./sides";
import { jsonLine, tableHead, tableRows } from "./table";

type Options = { readonly repeat: number; readonly scale: number; readonly json?: boolean };

const report = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Cases by name, and those whose names begin so. */
const groups = ["stop", "events"];
const choices = [...cases.map(({ name }) => name), ...groups];

const command = new Command("npm run bench --")
  .description(
    "Measures Treeline beside the same work written by hand on raw Temporal, on the same servers in the same run. It starts its own Postgres and Temporal in a temporary folder. Progress goes to stderr. On a busy machine only the ratios mean something.",
  )
  .addArgument(
    new Argument("[cases...]", "which to run, stop or events for all of these; all unless said").choices(choices),
  )
  .option("--repeat <rounds>", "rounds of each case", positive(Number.isInteger), 3)
  .option("--scale <factor>", "multiplies the runs of a round: 0.1 for a quick look", positive(Number.isFinite), 1)
  .option("--json", "one object a line for each case instead of a table")
  .addHelpText("after", () => `\nCases:\n${cases.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join("\n")}`)
  .action(bench);

run(async () => void (await command.parseAsync()));

async function bench(names: readonly string[], { repeat, scale, json }: Options): Promise<void> {
  const started = startSides(report);
  let interrupted = false;
  stopOnSignal(async () => {
    interrupted = true;
    await (await started).stop();
  }, report);
  const { sides, header, stop } = await started;
  try {
    if (json) report(header);
    else print(`${header}\n\n${tableHead()}`);
    const before = process.memoryUsage();
    for (const one of cases.filter(({ name }) => isChosen(name, names))) {
      const measured = await runCase(one, sides, { repeat, scale }, report);
      print((json ? jsonLine : tableRows)(one, measured));
    }
    (json ? report : print)(memoryLine(before, process.memoryUsage()));
  } catch (error) {
    if (interrupted) return;
    report(String(error)); // before what stops below can bury it
    throw error;
  } finally {
    await stop();
  }
}

/** Of this process: both workers, the API and the callers. */
function memoryLine(before: NodeJS.MemoryUsage, after: NodeJS.MemoryUsage): string {
  const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`;
  const change = (of: "heapUsed" | "rss") => `${megabytes(before[of])} before, ${megabytes(after[of])} after`;
  return `memory        heap ${change("heapUsed")}; resident ${change("rss")}`;
}

function isChosen(name: string, names: readonly string[]): boolean {
  return (
    names.length === 0 ||
    names.includes(name) ||
    groups.some((group) => name.startsWith(`${group}-`) && names.includes(group))
  );
}

function positive(isKind: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!isKind(value) || value <= 0) throw new InvalidArgumentError("It must be above 0.");
    return value;
  };
}
