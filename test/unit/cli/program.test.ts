import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { exitTable } from "../../../cli/failure";
import { createProgram } from "../../../cli/program";

const exits = Object.values(exitTable);
const commands = createProgram().commands.flatMap((command) => [command, ...command.commands]);

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
  return help;
}

test("names every command of the manual", () => {
  const manual = readFileSync("docs/cli.md", "utf8");
  const inManual = [...manual.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
  expect(createProgram().commands.map((command) => command.name())).toEqual(inManual);
});

test("has the exit codes of the manual", () => {
  const manual = readFileSync("docs/cli.md", "utf8");
  const inManual = [...manual.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(([, code, when]) => ({
    code: Number(code),
    when,
  }));
  expect(exits).toEqual(inManual);
});

test.each(commands.map((command) => [command.name(), command] as const))(
  "%s --help shows an example, the options of every command and the exit codes",
  (name, command) => {
    const help = helpOf(command);
    expect(help).toMatch(new RegExp(`Examples?:\\n  npm run treeline -- (graphs )?${name}`));
    for (const option of ["--json", "--api <url>", "--help"]) expect(help).toContain(option);
    for (const { code, when } of exits) expect(help).toMatch(new RegExp(`^ +${code} .*${when.slice(0, 20)}`, "m"));
  },
);
