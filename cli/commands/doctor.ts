import type { Command } from "commander";
import { examine, type Finding } from "../examine";
import { Failure } from "../failure";
import { openTerminal, type GlobalOptions } from "../session";

const signs = { ok: "ok     ", wrong: "WRONG  ", unknown: "?      " } as const;

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Look whether everything is there, and say what helps where it is not")
    .addHelpText("after", "\nExample:\n  npm run treeline -- doctor")
    .action(async (_options: unknown, command: Command) => {
      const terminal = openTerminal(command);
      const findings = await examine(command.optsWithGlobals<GlobalOptions>().api);
      const wrong = findings.filter(({ state }) => state === "wrong");
      terminal.answer({ ok: wrong.length === 0, checks: findings }, () => findings.flatMap(linesOf));
      if (wrong.length > 0) throw new Failure("unreachable", `Wrong: ${wrong.map(({ name }) => name).join(", ")}`);
    });
}

function linesOf({ name, state, says, remedy }: Finding): string[] {
  return [`${signs[state]}${name}: ${says}`, ...(remedy === null ? [] : [`       ${remedy}`])];
}
