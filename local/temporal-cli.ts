import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Config } from "../config/env";
import { withLock } from "./lock";
import { buildTemporal, builtTemporal } from "./temporal-build";
import { downloadTemporal, downloadedTemporal } from "./temporal-download";

/** Older servers lack what the worker asks for (eager starts, poller autoscaling, priorities). */
const oldestServer = [1, 31] as const;

export type TemporalCli = { readonly path: string; /** Such as "1.31.2". */ readonly serverVersion: string };

/** A way to get the program where the machine has none: `cached` finds what an earlier `get` brought. */
export type Source = {
  readonly name: string;
  cached(cacheDir: string): string | null;
  /** null if this way does not lead to it now and the next one is to be tried. */
  get(cacheDir: string, report: (line: string) => void): Promise<string | null>;
};

const sources: readonly Source[] = [
  { name: "download", cached: downloadedTemporal, get: downloadTemporal },
  { name: "build", cached: builtTemporal, get: buildTemporal },
];

type Where = Pick<Config, "temporalCliPath" | "searchPath" | "cacheDir">;

/**
 * The Temporal CLI: TEMPORAL_CLI_PATH, `temporal` on PATH, what an earlier start has cached, the SDK's download, a build from
 * tools/temporal. Throws, with the remedy, where none of them leads to a server of 1.31 or later.
 */
export async function findTemporalCli(
  { temporalCliPath, searchPath, cacheDir }: Where,
  report: (line: string) => void,
  ways: readonly Source[] = sources,
): Promise<TemporalCli> {
  if (temporalCliPath !== null) return assertUsable("TEMPORAL_CLI_PATH", temporalCliPath);
  const onPath = findOnPath("temporal", searchPath);
  const found = onPath && (await check(onPath));
  if (found && found.ok) return found;
  if (found) report(`not using ${onPath}: ${found.problem}`);
  return (
    (await findCached(ways, cacheDir)) ??
    withLock(
      join(cacheDir, "temporal", "lock"),
      (holder) => report(`waiting for process ${holder}, which gets the Temporal CLI`),
      // whoever we waited for has probably brought it
      async () => (await findCached(ways, cacheDir)) ?? fetchFirst(ways, cacheDir, report),
    )
  );
}

async function findCached(ways: readonly Source[], cacheDir: string): Promise<TemporalCli | null> {
  for (const way of ways) {
    const path = way.cached(cacheDir);
    const found = path && (await check(path));
    if (found && found.ok) return found;
  }
  return null;
}

async function fetchFirst(
  ways: readonly Source[],
  cacheDir: string,
  report: (line: string) => void,
): Promise<TemporalCli> {
  for (const way of ways) {
    const path = await way.get(cacheDir, report);
    const found = path && (await check(path));
    if (found && found.ok) return found;
    if (found) report(`not using the Temporal CLI of the ${way.name}: ${found.problem}`);
  }
  throw new Error("No Temporal CLI was found: set TEMPORAL_CLI_PATH to one, or TEMPORAL_ADDRESS to a running cluster.");
}

type Checked = ({ readonly ok: true } & TemporalCli) | { readonly ok: false; readonly problem: string };

/** Runs `<path> --version`, which answers like "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)". */
async function check(path: string): Promise<Checked> {
  const wanted = `a Temporal CLI with server ${oldestServer.join(".")} or later is needed`;
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 20_000 });
    const version = /Server (\d+)\.(\d+)\.(\d+)/.exec(stdout);
    if (!version) return { ok: false, problem: `${path} --version says "${stdout.trim().slice(0, 200)}"; ${wanted}` };
    const [major, minor] = [Number(version[1]), Number(version[2])];
    const isOld = major < oldestServer[0] || (major === oldestServer[0] && minor < oldestServer[1]);
    if (isOld) return { ok: false, problem: `${path} has ${version[0].toLowerCase()}; ${wanted}` };
    return { ok: true, path, serverVersion: version[0].slice("Server ".length) };
  } catch (error) {
    return {
      ok: false,
      problem: `${path} cannot be run (${error instanceof Error ? error.message : String(error)}); ${wanted}`,
    };
  }
}

async function assertUsable(variable: string, path: string): Promise<TemporalCli> {
  const found = await check(path);
  if (!found.ok) throw new Error(`${variable}: ${found.problem}.`);
  return found;
}

function findOnPath(program: string, searchPath: string): string | null {
  const candidates = searchPath
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program));
  return candidates.find((path) => existsSync(path)) ?? null;
}
