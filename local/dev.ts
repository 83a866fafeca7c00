import { readConfig } from "../config/env";
import type { Ready } from "./data-folder";
import { run, stopOnSignal } from "./signals";
import { bringUp } from "./up";
import type { Up } from "./up";

/** `npm run dev`: everything in one process, until Ctrl-C. Progress goes to stderr, stdout gets the `ready` line alone. */
run(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  let up: Up | undefined;
  stopOnSignal(async () => {
    report("stopping");
    await up?.stop(); // while it still starts there is nothing to wait for: the guard ends the servers
  }, report);
  up = await bringUp(readConfig(), report);
  printReady(up.ready, report);
});

function printReady(ready: Ready, report: (line: string) => void): void {
  report(`
  API            ${ready.api}
  API reference  ${ready.api}/v1/openapi.json
  Temporal UI    ${ready.temporalUi ?? "(see TEMPORAL_UI_URL)"}
  Temporal       ${ready.temporal}

  Ctrl-C stops it.
`);
  process.stdout.write(`ready ${JSON.stringify(ready)}\n`);
}
