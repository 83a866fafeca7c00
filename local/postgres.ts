import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { findClosedFolder, serverAccount } from "./account";
import type { Account } from "./account";
import { readyBinaries } from "./postgres-binaries";
import { commandLine, endProcess, markProcess } from "./process";
import { choosePort } from "./ports";
import { launch } from "./server";
import type { Guard, Server } from "./server";

const user = "treeline";
const database = "treeline";
const startMs = 60_000; // after a kill -9 under load it replays its log first

export type PostgresOptions = {
  readonly dataDir: string;
  /** null: a free one. */
  readonly port: number | null;
  readonly report: (line: string) => void;
  readonly guard: Guard;
  /** Called as soon as the process exists. */
  readonly started: (server: Server) => void;
};

export type EmbeddedPostgres = { readonly url: string; readonly server: Server };

/**
 * Starts the embedded Postgres on 127.0.0.1, its data in `<dataDir>/postgres`, and answers when it takes connections. Throws,
 * with the remedy, if its folder cannot be entered by the user it runs as or holds data of another major version.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, report } = options;
  const account = serverAccount();
  assertReachable(dataDir, account);
  const binaries = readyBinaries(join(dataDir, "postgres-binaries"), account);
  const folder = join(dataDir, "postgres");
  const password = readPassword(join(dataDir, "postgres-password"), account);
  if (existsSync(join(folder, "PG_VERSION"))) assertVersion(folder, binaries.majorVersion);
  else await initialise(binaries.initdb, { dataDir, folder, account, report });
  await clearLeftPostmaster(folder, report);

  const server = await launchOnPort(binaries.postgres, folder, account, options);
  const url = (name: string) => `postgres://${user}:${password}@127.0.0.1:${server.port}/${name}`;
  try {
    await waitUntilServing(url("postgres"), server);
    await createDatabase(url("postgres"));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: url(database), server };
}

function assertReachable(dataDir: string, account: Account | null): void {
  const closed = findClosedFolder(dataDir, account);
  if (closed === null) return;
  throw new Error(
    `Postgres runs as the user "${account?.name}" because you are root, and that user cannot enter ${closed}. ` +
      `Set TREELINE_DATA_DIR to a folder it can reach (such as /var/lib/treeline), or DATABASE_URL to a Postgres of your own.`,
  );
}

function assertVersion(folder: string, wanted: number): void {
  const found = readFileSync(join(folder, "PG_VERSION"), "utf8").trim();
  if (found === String(wanted)) return;
  throw new Error(
    `${folder} holds data of Postgres ${found}, this Treeline runs Postgres ${wanted}. ` +
      `Set TREELINE_DATA_DIR to a new folder, or move the data with pg_dump and pg_restore; to give it up, delete the folder.`,
  );
}

/** Generated once, readable by us and by the server's user only. */
function readPassword(path: string, account: Account | null): string {
  if (!existsSync(path)) {
    writeFileSync(path, randomBytes(18).toString("base64url"), { mode: 0o600 });
    if (account) chownSync(path, account.uid, account.gid); // initdb reads it as that user
  }
  return readFileSync(path, "utf8").trim();
}

type Folder = {
  readonly dataDir: string;
  readonly folder: string;
  readonly account: Account | null;
  readonly report: (line: string) => void;
};

/** Under another name until it is complete, so that a kill in the middle leaves nothing that looks like data. */
async function initialise(initdb: string, { dataDir, folder, account, report }: Folder): Promise<void> {
  report("creating the Postgres data folder");
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (account) chownSync(unfinished, account.uid, account.gid);
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${user}`,
    `--pwfile=${join(dataDir, "postgres-password")}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // the same order of texts on every machine, whatever locales it has
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
  ];
  await promisify(execFile)(initdb, args, {
    cwd: unfinished,
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  renameSync(unfinished, folder);
}

/** Ends a postmaster that still runs on this folder, and removes its pid file where a killed one left it. */
async function clearLeftPostmaster(folder: string, report: (line: string) => void): Promise<void> {
  const pidFile = join(folder, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const mark = markProcess(Number.parseInt(readFileSync(pidFile, "utf8"), 10));
  if (mark && commandLine(mark.pid)?.includes(folder)) {
    report(`ending the Postgres that a killed Treeline left (process ${mark.pid})`);
    await endProcess(mark, "SIGINT", 8_000);
  }
  rmSync(pidFile, { force: true });
}

async function launchOnPort(
  program: string,
  folder: string,
  account: Account | null,
  { dataDir, port, guard, started }: PostgresOptions,
): Promise<Server & { readonly port: number }> {
  const chosen = port ?? (await choosePort(dataDir, "postgres"));
  const settings = {
    listen_addresses: "127.0.0.1",
    port: chosen,
    unix_socket_directories: "", // their paths are limited to 107 bytes; nobody here uses them
    max_connections: 200,
    shared_buffers: "256MB",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    jit: "off", // our statements are short: compiling them costs more than it saves
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
  };
  const args = ["-D", folder, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const logFile = join(dataDir, "logs", "postgres.log");
  const server = await launch(
    { name: "Postgres", command: program, args, account, logFile, stopSignal: "SIGINT" },
    guard,
  );
  started(server);
  return { ...server, port: chosen };
}

async function waitUntilServing(url: string, server: Server): Promise<void> {
  const deadline = Date.now() + startMs;
  for (;;) {
    server.assertRunning();
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`Postgres did not answer within ${startMs / 1_000} s`, { cause: error });
    } finally {
      await client.end().catch(() => undefined);
    }
    await delay(50);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
