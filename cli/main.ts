import { CommanderError } from "commander";
import { exitTable, Failure } from "./failure";
import { createProgram } from "./program";
import { printable } from "./terminal";

const isJson = process.argv.includes("--json");
const isDebug = process.argv.includes("--debug");

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitTable.ok.code : exitTable.fault.code); // `treeline list | head -1`
});

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = report(error);
  });

/** Says what went wrong, on stderr; answers the exit code. */
function report(error: unknown): number {
  const isHelp = error instanceof CommanderError && error.code.startsWith("commander.help");
  if (isHelp) return error.exitCode === 0 ? exitTable.ok.code : exitTable.usage.code;
  const failure = toFailure(error);
  const { code } = exitTable[failure.kind];
  process.stderr.write(isJson ? `${JSON.stringify(documentOf(failure))}\n` : linesOf(failure).map(toLine).join(""));
  if (isDebug) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return code;
}

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) {
    const [title = "", ...details] = error.message.replace(/^error: /, "").split("\n");
    return new Failure("usage", title, {
      details: [...details, "npm run treeline -- <command> --help shows how it is used"],
    });
  }
  const title = error instanceof Error ? error.message : String(error);
  return new Failure("fault", `Unexpected: ${title}`, { details: ["--debug shows where"], cause: error });
}

function linesOf(failure: Failure): string[] {
  const afterEcho = failure.kind === "left" && process.stderr.isTTY ? [""] : []; // the terminal has shown ^C on this line
  return [...afterEcho, failure.message, ...failure.details.map((detail) => `  ${detail}`)];
}

function toLine(text: string): string {
  return `${printable(text)}\n`;
}

/** What the API said, or the same shape where it was not the API. */
function documentOf(failure: Failure) {
  const { kind, message: title, details, problem } = failure;
  const { code: exitCode } = exitTable[kind];
  const own = { title, detail: details.join("\n"), errors: [] };
  return { error: { kind, exitCode, ...(problem ?? own) } };
}
