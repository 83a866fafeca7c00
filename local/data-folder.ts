import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { endProcess, isRunning, markProcess } from "./process";
import type { ProcessMark } from "./process";

/**
 * `running.json` in the data folder: whose the folder is, which servers were started in it, and where they answer. It is lock
 * and address book in one. Its owner may be dead (kill -9): then the next start ends what is left of its servers.
 */
const mark = z.object({ pid: z.number(), startedAt: z.string() });
const ready = z.object({
  api: z.string(),
  temporal: z.string(),
  temporalUi: z.string().nullable(),
  postgres: z.string(),
});
const running = z.object({
  owner: mark,
  servers: z.array(mark.extend({ name: z.string(), stopSignal: z.enum(["SIGINT", "SIGTERM"]) })),
  temporalAddress: z.string().optional(),
  ready: ready.optional(),
});

/** Where everything answers: the `ready` line. */
export type Ready = z.infer<typeof ready>;
export type Running = z.infer<typeof running>;
type LeftServer = Running["servers"][number];

export type Claim = {
  /** Remembers what a later start has to know. */
  record(more: { server?: LeftServer; temporalAddress?: string; ready?: Ready }): void;
  release(): void;
};

/**
 * Takes the data folder for this process, created if there is none, and ends the servers that a killed owner left. Throws if
 * another live process has it.
 */
export async function claimDataDir(dataDir: string, report: (line: string) => void): Promise<Claim> {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, "running.json");
  const owner = markProcess(process.pid) ?? { pid: process.pid, startedAt: "" };
  let state: Running = { owner, servers: [] };
  for (;;) {
    const left = createFile(path, state);
    if (left === "created") break;
    if (isRunning(left.owner)) {
      throw new Error(
        `${dataDir} is in use by process ${left.owner.pid}: stop it, or give this copy its own TREELINE_DATA_DIR and PORT.`,
      );
    }
    await endLeftServers(left.servers, report);
    takeAway(path, left);
  }
  return {
    record({ server, ...more }) {
      state = { ...state, ...more, servers: server ? [...state.servers, server] : state.servers };
      const next = `${path}.${process.pid}`;
      writeFileSync(next, JSON.stringify(state, null, 2), { mode: 0o600 }); // it holds the password of Postgres
      renameSync(next, path);
    },
    release: () => rmSync(path, { force: true }),
  };
}

/** What runs in the data folder now; null if nothing does. */
export function readRunning(dataDir: string): Running | null {
  const found = parse(join(dataDir, "running.json"));
  return found && isRunning(found.owner) ? found : null;
}

async function endLeftServers(servers: readonly LeftServer[], report: (line: string) => void): Promise<void> {
  for (const server of servers.filter(isRunning)) {
    report(`ending the ${server.name} that a killed Treeline left (process ${server.pid})`);
    await endProcess(server, server.stopSignal, 8_000);
  }
}

/** A link appears with its content or not at all, so nobody reads half a file. */
function createFile(path: string, state: Running): "created" | Running {
  const next = `${path}.${process.pid}`;
  writeFileSync(next, JSON.stringify(state), { mode: 0o600 });
  try {
    linkSync(next, path);
    return "created";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return parse(path) ?? { owner: { pid: 0, startedAt: "" }, servers: [] };
  } finally {
    rmSync(next, { force: true });
  }
}

/** Moves a dead owner's file out of the way; if another start has replaced it meanwhile, that one's goes back. */
function takeAway(path: string, dead: Running): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another start was quicker
  }
  const moved = parse(aside);
  if (moved && !same(moved.owner, dead.owner)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function same(a: ProcessMark, b: ProcessMark): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt;
}

function parse(path: string): Running | null {
  try {
    return running.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // absent, or of another version of Treeline
  }
}
