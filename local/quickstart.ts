import { join } from "node:path";
import { readConfig } from "../config/env";
import { readRunning } from "./data-folder";
import type { Ready } from "./data-folder";
import { run, stopOnSignal } from "./signals";
import { tellStory } from "./story";
import { bringUp } from "./up";

/** `npm run quickstart`: brings everything up, or uses the `npm run dev` of this folder, tells the story and stops again. */
run(async () => {
  const begun = Date.now();
  const config = readConfig();
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const running = readRunning(config.dataDir);
  if (running?.ready) {
    say(`using the Treeline that runs already (process ${running.owner.pid})`);
    await tellStory(running.ready, say);
    return;
  }
  let stop = async () => {};
  stopOnSignal(() => stop(), say);
  const up = await bringUp(config, say, join(config.dataDir, "logs", "treeline.log"));
  stop = up.stop;
  try {
    await tellStory(up.ready, say);
  } finally {
    say("\nstopping the servers");
    await up.stop();
  }
  printEnd(up.ready, begun, say);
  process.exit(0);
});

function printEnd(ready: Ready, begun: number, say: (line: string) => void): void {
  say(
    `done in ${((Date.now() - begun) / 1_000).toFixed(1)} s. Its data is kept: npm run dev serves it again at ${ready.api}`,
  );
}
