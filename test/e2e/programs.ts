import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(__dirname, "../..");
const running = new Set<Program>();

export type Program = {
  /** Resolves when it has logged this message; throws, with its log, when it ends without. */
  said(message: string): Promise<void>;
  /** The lines it has logged. */
  log(): readonly string[];
  /** Holds it still, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it has ended by itself; answers the signal that ended it, if one did. */
  ended(): Promise<string | null>;
};

afterEach(async () => {
  for (const program of running) await program.kill();
});

/** A production entry, or one that dies at a point of a stop (failing.ts), as a process of its own, with nothing of the shell's environment but where programs are. */
export function runMain(
  entry: "worker/main.ts" | "api/main.ts" | "test/e2e/failing.ts",
  variables: Record<string, string>,
): Program {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", join(root, entry)], {
    cwd: root,
    env: { PATH, HOME, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      child.emit("said");
    });
  }
  const ended = once(child, "close");
  const program: Program = {
    async said(message) {
      while (!lines.some((line) => line.includes(`"msg":"${message}"`))) {
        if (child.exitCode !== null) throw new Error(`${entry} ended with ${child.exitCode}:\n${lines.join("\n")}`);
        await Promise.race([once(child, "said"), ended]);
      }
    },
    log: () => lines,
    signal: (name) => void child.kill(name),
    async ended() {
      await ended;
      running.delete(program);
      return child.signalCode;
    },
    async kill() {
      running.delete(program);
      child.kill("SIGKILL");
      await ended;
    },
  };
  running.add(program);
  return program;
}
