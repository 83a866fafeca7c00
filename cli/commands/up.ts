import type { Command } from "commander";
import type { Ready } from "../../local/data-folder";
import { describeError, stopOnSignal } from "../../local/signals";
import type { Up } from "../../local/up";
import { assertFree } from "../data-folder";
import { readEnvironment } from "../environment";
import { Failure } from "../failure";
import { openTerminal } from "../session";

export function addUp(program: Command): void {
  program
    .command("up")
    .description("Start everything in this terminal, as npm run dev does; Ctrl-C stops it")
    .addHelpText("after", "\nExample:\n  npm run treeline -- up")
    .action(async (_options: unknown, command: Command) => {
      const terminal = openTerminal(command);
      const config = readEnvironment();
      assertFree(config.dataDir);
      let up: Up | undefined;
      stopOnSignal(async () => {
        terminal.note("stopping");
        await up?.stop(); // while it still starts there is nothing to wait for: the guard ends the servers
      }, terminal.note);
      try {
        const { bringUp } = await import("../../local/up.js"); // only here: it loads the servers' libraries, about a second
        up = await bringUp(config, terminal.note);
      } catch (cause) {
        const details = describeError(cause)
          .split("\n")
          .map((line) => line.trim());
        throw new Failure("unreachable", "Treeline does not come up", { details, cause });
      }
      const { ready } = up;
      for (const line of links(ready)) terminal.note(line);
      terminal.answer(ready, () => [`ready ${JSON.stringify(ready)}`]);
    });
}

function links({ api, temporal, temporalUi }: Ready): string[] {
  return [
    `API            ${api}`,
    `API reference  ${api}/v1/openapi.json`,
    `Temporal UI    ${temporalUi ?? "(see TEMPORAL_UI_URL)"}`,
    `Temporal       ${temporal}`,
    "Ctrl-C stops it.",
  ];
}
