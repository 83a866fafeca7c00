import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../local/ports";
import { atEnd } from "./cleanup";

const root = resolve(__dirname, "../..");
/** What a script of package.json runs, with everything embedded in `dataDir`. It is stopped after the test. */
export async function runScript(entry: string, args: readonly string[], dataDir: string, port?: number) {
  const { DATABASE_URL: _url, DATABASE_DIRECT_URL: _direct, TEMPORAL_ADDRESS: _address, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "local/bootstrap.mjs"), entry, ...args], {
    env: { ...env, PORT: String(port ?? (await freePort())), TREELINE_DATA_DIR: dataDir, LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => void said.push(line));
  }
  const ended = once(child, "close").then(([code]) => Number(code));
  atEnd(() => {
    child.kill("SIGTERM");
    return ended;
  });
  return {
    child,
    ended,
    /** Everything on both streams, line by line. */
    said,
    /** The first line that begins so; throws, with what was said, if the program ends without it. */
    async line(beginning: string): Promise<string> {
      for (;;) {
        const found = said.find((line) => line.startsWith(beginning));
        if (found !== undefined) return found;
        const ending = await Promise.race([ended, once(child.stdout, "data"), once(child.stderr, "data")]);
        if (typeof ending === "number") throw new Error(`${entry} ended with ${ending}:\n${said.join("\n")}`);
      }
    },
  };
}
