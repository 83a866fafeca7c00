import { readRunning } from "../local/data-folder";
import { Failure } from "./failure";

/** Throws a `Failure` of kind refused while something runs in the data folder. */
export function assertFree(dataDir: string): void {
  const running = readRunning(dataDir);
  if (!running) return;
  throw new Failure("refused", `${dataDir} is in use by process ${running.owner.pid}`, {
    details: ["stop that first: Ctrl-C where npm run dev or treeline up runs"],
  });
}
