import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { endProcess, markProcess } from "./process";
import type { ProcessMark } from "./process";
import type { Account } from "./account";

const logBytes = 20 * 1024 * 1024;

export type ServerCommand = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Who runs it; null: who we are. */
  readonly account: Account | null;
  readonly logFile: string;
  /** What asks it to end cleanly. */
  readonly stopSignal: NodeJS.Signals;
};

export type Server = {
  readonly mark: ProcessMark;
  /** What it has logged since it was launched, at most the last 4 KB: for errors. */
  logTail(): string;
  /** Throws, with the end of its log, if it has ended. */
  assertRunning(): void;
  stop(): Promise<void>;
};

/**
 * Starts a server in a session of its own, so that the terminal's Ctrl-C does not reach it before api and worker have
 * stopped. Throws if the program cannot be run at all.
 */
export async function launch(server: ServerCommand, guard: Guard): Promise<Server> {
  const log = openLog(server.logFile);
  const child = spawn(server.command, server.args, {
    cwd: dirname(server.logFile),
    detached: true,
    stdio: ["ignore", log.file, log.file],
    ...(server.account ? { uid: server.account.uid, gid: server.account.gid } : {}),
  });
  closeSync(log.file);
  await new Promise<void>((started, failed) => child.once("spawn", started).once("error", failed));
  const pid = child.pid ?? 0;
  guard.watch(pid, server.stopSignal);
  const mark = markProcess(pid) ?? { pid, startedAt: "ended" };
  let end: string | null = null;
  child.once("exit", (code, signal) => {
    end = signal ?? `exit code ${code}`;
    guard.forget(pid);
  });
  const logTail = () => readFileSync(server.logFile).subarray(log.offset).toString("utf8").slice(-4096);
  return {
    mark,
    logTail,
    assertRunning() {
      if (end !== null) throw new Error(`${server.name} ended (${end}); ${server.logFile} says:\n${logTail()}`);
    },
    stop: () => endProcess(mark, server.stopSignal, 8_000),
  };
}

/** Keeps the previous log beside the new one, so that a long life does not fill the disk. */
function openLog(path: string): { file: number; offset: number } {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > logBytes) renameSync(path, `${path}.1`);
  const offset = existsSync(path) ? statSync(path).size : 0;
  return { file: openSync(path, "a"), offset };
}

export type Guard = {
  watch(pid: number, signal: NodeJS.Signals): void;
  forget(pid: number): void;
  /** The guard ends whatever it still watches, then itself. */
  close(): void;
};

/** Starts the process that ends our servers should we be gone without having stopped them (guard.mjs). */
export function startGuard(): Guard {
  const child = spawn(process.execPath, [join(__dirname, "guard.mjs")], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.unref();
  child.stdin.on("error", () => undefined); // a guard that was killed must not take us with it
  return {
    watch: (pid, signal) => void child.stdin.write(`watch ${pid} ${signal}\n`),
    forget: (pid) => void child.stdin.write(`forget ${pid}\n`),
    close: () => void child.stdin.end(),
  };
}
