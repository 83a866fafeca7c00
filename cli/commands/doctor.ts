import type { Command } from "commander";
import { audit, orphanLines } from "../audit";
import { examine, type Finding } from "../examine";
import { Failure } from "../failure";
import { openTerminal, type GlobalOptions } from "../session";

const signs = { ok: "ok     ", wrong: "WRONG  ", unknown: "?      " } as const;
const example = `
Examples:
  npm run treeline -- doctor
  npm run treeline -- doctor --repair`;

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Look whether everything is there and the record agrees with Temporal; say what helps where not")
    .option("--repair", "repair what the record and Temporal disagree on, as the workers' auditor does")
    .addHelpText("after", example)
    .action(async ({ repair = false }: { readonly repair?: boolean }, command: Command) => {
      const terminal = openTerminal(command);
      const found = await examine(command.optsWithGlobals<GlobalOptions>().api);
      const { finding, orphans } = await audit(repair);
      const checks = [...found, finding];
      const wrong = checks.filter(({ state }) => state === "wrong");
      terminal.answer({ ok: wrong.length === 0, checks, orphans }, () => [
        ...checks.flatMap(linesOf),
        ...orphans.flatMap((orphan) => orphanLines(orphan, Date.now())),
      ]);
      if (wrong.length === 0) return;
      const onlyOrphans = wrong.every((one) => one === finding);
      throw new Failure(onlyOrphans ? "orphans" : "unreachable", `Wrong: ${wrong.map(({ name }) => name).join(", ")}`);
    });
}

function linesOf({ name, state, says, remedy }: Finding): string[] {
  return [`${signs[state]}${name}: ${says}`, ...(remedy === null ? [] : [`       ${remedy}`])];
}
