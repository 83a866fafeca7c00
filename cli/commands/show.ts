import type { Command } from "commander";
import { executionLines } from "../lines/execution";
import { openSession } from "../session";

export function addShow(program: Command): void {
  program
    .command("show")
    .description("An execution: status, inputs, outputs, error")
    .argument("<id>", "of the execution")
    .addHelpText("after", "\nExample:\n  npm run treeline -- show 0199c0de-0000-7000-8000-000000000000")
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, terminal } = openSession(command);
      const execution = await api.readExecution(id);
      terminal.answer(execution, () => executionLines(execution, Date.now()));
    });
}
