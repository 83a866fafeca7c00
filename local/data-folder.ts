import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { breakLock, takeLock } from "./lock";
import { endProcess, isRunning, markProcess } from "./process";

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
  ready: ready.optional(),
});

/** Where everything answers: the `ready` line. */
export type Ready = z.infer<typeof ready>;
export type Running = z.infer<typeof running>;
type StartedServer = Running["servers"][number];

export type Claim = {
  /** Remembers a server that a later start would have to end. */
  addServer(server: StartedServer): void;
  announce(ready: Ready): void;
  release(): void;
};

/**
 * Takes the data folder for this process, created if there is none, and ends the servers that a killed owner left. Throws if
 * another live process has it.
 */
export async function claimDataDir(dataDir: string, report: (line: string) => void): Promise<Claim> {
  mkdirSync(dataDir, { recursive: true });
  const path = runningFile(dataDir);
  const owner = markProcess(process.pid) ?? { pid: process.pid, startedAt: "" };
  let state: Running = { owner, servers: [] };
  for (;;) {
    const holder = takeLock(path, JSON.stringify(state));
    if (holder === null) break;
    const left = parse(holder);
    if (left && isRunning(left.owner)) {
      throw new Error(
        `${dataDir} is in use by process ${left.owner.pid}: stop it, or give this copy its own TREELINE_DATA_DIR and PORT.`,
      );
    }
    await endLeftServers(left?.servers ?? [], report);
    breakLock(path, holder);
  }
  const update = (more: Partial<Running>) => {
    state = { ...state, ...more };
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(state), { mode: 0o600 }); // it holds the password of Postgres
    renameSync(`${path}.${process.pid}`, path);
  };
  return {
    addServer: (server) => update({ servers: [...state.servers, server] }),
    announce: (where) => update({ ready: where }),
    release: () => rmSync(path, { force: true }),
  };
}

/** What runs in the data folder now; null if nothing does. */
export function readRunning(dataDir: string): Running | null {
  try {
    const found = parse(readFileSync(runningFile(dataDir), "utf8"));
    return found && isRunning(found.owner) ? found : null;
  } catch {
    return null;
  }
}

function runningFile(dataDir: string): string {
  return join(dataDir, "running.json");
}

async function endLeftServers(servers: readonly StartedServer[], report: (line: string) => void): Promise<void> {
  for (const server of servers.filter(isRunning)) {
    report(`ending the ${server.name} that a killed Treeline left (process ${server.pid})`);
    await endProcess(server, server.stopSignal, 8_000);
  }
}

function parse(text: string): Running | null {
  try {
    return running.parse(JSON.parse(text));
  } catch {
    return null; // of another version of Treeline
  }
}
