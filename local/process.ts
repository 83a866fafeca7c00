import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process that another one can recognise: pids are used again, a pid with its start time is not. */
export type ProcessMark = { readonly pid: number; readonly startedAt: string };

/** null where no such process runs (a zombie does not run). */
export function markProcess(pid: number): ProcessMark | null {
  const startedAt = process.platform === "linux" ? startTicks(pid) : startDate(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isRunning(mark: ProcessMark): boolean {
  return markProcess(mark.pid)?.startedAt === mark.startedAt;
}

/** Sends `signal`, then SIGKILL to what has not ended after `patienceMs`; resolves when the process is gone. */
export async function endProcess(mark: ProcessMark, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  if (isRunning(mark)) send(mark.pid, signal);
  const deadline = Date.now() + patienceMs;
  while (isRunning(mark)) {
    if (Date.now() > deadline) send(mark.pid, "SIGKILL");
    await delay(20);
  }
}

/** The command line, words joined by spaces; null where no such process runs. */
export function commandLine(pid: number): string | null {
  if (process.platform !== "linux") return ask("ps", ["-ww", "-o", "args=", "-p", String(pid)]);
  const words = read(`/proc/${pid}/cmdline`);
  return words ? words.split("\0").join(" ") : null;
}

function startTicks(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // after the command's name, which may itself hold spaces and parentheses: field 3 is the state, field 22 the start time
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}

function startDate(pid: number): string | null {
  return ask("ps", ["-o", "lstart=", "-p", String(pid)]);
}

function ask(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() || null;
  } catch {
    return null;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended in the meantime
  }
}
