import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version as sdkVersion } from "@temporalio/testing/package.json";

const longestMs = 60_000;
const retryAfterMs = 60 * 60_000;

/** What an earlier download by this version of the SDK left in the cache. */
export function downloadedTemporal(cacheDir: string): string | null {
  const folder = downloadDir(cacheDir);
  const file = existsSync(folder) ? readdirSync(folder)[0] : undefined;
  return file === undefined ? null : join(folder, file);
}

/**
 * Has Temporal's SDK download the CLI, for 60 s at most. null where that fails: without a network, or past a proxy that does
 * not let it through. A failure is remembered for an hour, so that not every start waits for it.
 */
export async function downloadTemporal(cacheDir: string, report: (line: string) => void): Promise<string | null> {
  const failure = join(cacheDir, "temporal", "download-failed");
  if (existsSync(failure) && Date.now() - statSync(failure).mtimeMs < retryAfterMs) return null;
  report("downloading the Temporal CLI (60 s at most)");
  const unfinished = `${downloadDir(cacheDir)}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  if (!(await runDownload(unfinished, report)) || readdirSync(unfinished).length !== 1) {
    report("the Temporal CLI could not be downloaded");
    writeFileSync(failure, "");
    rmSync(unfinished, { recursive: true, force: true });
    return null;
  }
  rmSync(downloadDir(cacheDir), { recursive: true, force: true });
  renameSync(unfinished, downloadDir(cacheDir));
  return downloadedTemporal(cacheDir);
}

function downloadDir(cacheDir: string): string {
  return join(cacheDir, "temporal", `sdk-${sdkVersion}`);
}

/** In a process group of its own, because the SDK's call cannot be cancelled and starts the server it has downloaded. */
function runDownload(folder: string, report: (line: string) => void): Promise<boolean> {
  const child = spawn(process.execPath, [join(__dirname, "temporal-download-child.mjs"), folder], {
    detached: true,
    stdio: "ignore",
  });
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(stop, longestMs);
  const progress = setInterval(() => report("  still downloading"), 15_000);
  process.once("exit", stop);
  return new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  }).finally(() => {
    clearTimeout(timer);
    clearInterval(progress);
    process.removeListener("exit", stop);
  });
}
