import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning, markProcess } from "./process";
import type { ProcessMark } from "./process";

/**
 * Takes the lock file `path`, with `text` in it; null if taken, else what its holder wrote. A link appears with its content or
 * not at all, so nobody reads half a file.
 */
export function takeLock(path: string, text: string): string | null {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}`;
  writeFileSync(next, text, { mode: 0o600 });
  try {
    linkSync(next, path);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return read(path) ?? "";
  } finally {
    rmSync(next, { force: true });
  }
}

/** Moves a dead holder's lock out of the way; if another process has replaced it meanwhile, that one's goes back. */
export function breakLock(path: string, text: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another process was quicker
  }
  if (read(aside) !== text) linkSync(aside, path);
  rmSync(aside, { force: true });
}

/** Runs `work` while no other process of this machine does so under the same lock file. */
export async function withLock<Result>(
  path: string,
  waiting: (holder: number) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const mine = JSON.stringify(markProcess(process.pid));
  for (let told = false; ;) {
    const holder = takeLock(path, mine);
    if (holder === null) break;
    const mark = parseMark(holder);
    if (!mark || !isRunning(mark)) {
      breakLock(path, holder);
      continue;
    }
    if (!told) waiting(mark.pid);
    told = true;
    await delay(250);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function parseMark(text: string): ProcessMark | null {
  try {
    return JSON.parse(text) as ProcessMark;
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
