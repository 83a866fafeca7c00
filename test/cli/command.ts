import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { variables } from "../../config/env";

const root = resolve(__dirname, "../..");

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Command = { readonly child: ChildProcess; readonly ended: Promise<Ended> };
export type Environment = Readonly<Record<string, string>>;

/** Starts the real command in a process of its own. Of Treeline's variables it gets those of `env` only. */
export function startCommand(args: readonly string[], env: Environment): Command {
  return start(["--import", "tsx", join(root, "cli/main.ts"), ...args], env);
}

/** As `npm run treeline` does. */
export function startThroughBootstrap(args: readonly string[], env: Environment): Command {
  return start([join(root, "local/bootstrap.mjs"), "cli/main.ts", ...args], env);
}

function start(args: readonly string[], env: Environment): Command {
  const inherited = Object.entries(process.env).filter(([name]) => !(name in variables.shape));
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { child, ended: ended.then(([stdout, stderr]) => ({ code: child.exitCode, stdout, stderr })) };
}

/** Resolves with the first line on stdout that `isIt` picks; rejects if the command ends without one. */
export function lineOf({ child, ended }: Command, isIt: (line: string) => boolean): Promise<string> {
  let sofar = "";
  return new Promise((found, failed) => {
    child.stdout?.on("data", (part: Buffer) => {
      sofar += part.toString("utf8");
      const line = sofar.split("\n").slice(0, -1).find(isIt);
      if (line !== undefined) found(line);
    });
    void ended.then((end) => failed(new Error(`it ended first: ${JSON.stringify(end)}`)));
  });
}
