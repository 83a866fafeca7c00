import type { Command } from "commander";
import { executionLines } from "../lines/execution";
import { openSession } from "../session";

export function addPause(program: Command): void {
  program
    .command("pause")
    .description("Pause an execution with all its descendants: what runs finishes and is kept, nothing new starts")
    .argument("<id>", "of the execution")
    .option("--reason <text>", "recorded with the pause")
    .addHelpText("after", "\nExample:\n  npm run treeline -- pause 0199c0de-0000-7000-8000-000000000000 --reason lunch")
    .action(async (id: string, { reason }: { readonly reason?: string }, command: Command) => {
      const { api, terminal } = openSession(command);
      const execution = await api.pause(id, { reason });
      terminal.answer(execution, () => executionLines(execution, Date.now()));
      terminal.note(`npm run treeline -- resume ${id} lets it go on`);
    });
}

export function addResume(program: Command): void {
  program
    .command("resume")
    .description("Resume a paused execution; a pause further up, or of one below it alone, stays")
    .argument("<id>", "of the execution")
    .addHelpText("after", "\nExample:\n  npm run treeline -- resume 0199c0de-0000-7000-8000-000000000000")
    .action(async (id: string, _options: object, command: Command) => {
      const { api, terminal } = openSession(command);
      const execution = await api.resume(id);
      terminal.answer(execution, () => executionLines(execution, Date.now()));
    });
}
