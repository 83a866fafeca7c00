import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import { choosePort } from "./ports";
import { launch } from "./server";
import type { Guard, Server } from "./server";
import type { TemporalCli } from "./temporal-cli";

const startMs = 60_000;

/** Known to the server before it serves; on a cluster of somebody else's the worker registers them. */
const searchAttributes = { TreelineRoot: "Keyword", TreelineGraph: "Keyword" } as const;

/**
 * The dev server has one history shard whose queues are polled at most 20 times a second by default: each hop would cost up to
 * 50 ms (a chain of 10 activities 1,050 ms instead of 96). One partition per task queue is enough for one machine.
 */
const dynamicConfig = {
  "history.transferProcessorMaxPollRPS": 100_000,
  "history.timerProcessorMaxPollRPS": 100_000,
  "history.visibilityProcessorMaxPollRPS": 100_000,
  "history.transferProcessorMaxPollHostRPS": 100_000,
  "history.timerProcessorMaxPollHostRPS": 100_000,
  "matching.numTaskqueueReadPartitions": 1,
  "matching.numTaskqueueWritePartitions": 1,
};

/** On disk at the speed of memory, and safe against kill -9: 93 instead of 46 workflows a second. */
const pragmas = { journal_mode: "WAL", synchronous: "NORMAL" };

export type TemporalOptions = {
  readonly cli: TemporalCli;
  readonly dataDir: string;
  readonly namespace: string;
  /** null: a free one. */
  readonly port: number | null;
  readonly report: (line: string) => void;
  readonly guard: Guard;
  /** Called as soon as the process exists. */
  readonly started: (server: Server) => void;
};

export type RunningTemporal = {
  /** host:port */
  readonly address: string;
  readonly uiUrl: string | null;
  /** Whether its record was lost or of another version, so that open executions have to begin again from Postgres. */
  readonly fresh: boolean;
  /** Called once they have. Until then every start is fresh, in case one was killed in between. */
  settled(): void;
};

/** Starts Temporal's dev server with its data in `<dataDir>/temporal`, and answers when it serves. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { dataDir, cli, report } = options;
  const folder = join(dataDir, "temporal");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${cli.serverVersion}.db`);
  const freshMark = join(folder, "fresh");
  if (!existsSync(file)) {
    if (removeFiles(folder)) report("Temporal's record is of another version: it begins a new one");
    writeFileSync(freshMark, "");
  }
  let where: Where;
  try {
    where = await serve(file, options);
  } catch (error) {
    if (!/malformed|not a database/.test(String(error))) throw error;
    report(`Temporal's record in ${file} is damaged: it begins a new one`);
    removeFiles(folder);
    writeFileSync(freshMark, "");
    where = await serve(file, options);
  }
  return { ...where, fresh: existsSync(freshMark), settled: () => rmSync(freshMark, { force: true }) };
}

/** Whether there were any. Files of another version go: were it ever used again, they would hold an old truth. */
function removeFiles(folder: string): boolean {
  const files = readdirSync(folder).filter((name) => name.includes(".db"));
  for (const name of files) rmSync(join(folder, name));
  return files.length > 0;
}

type Where = Pick<RunningTemporal, "address" | "uiUrl">;

async function serve(file: string, { cli, dataDir, namespace, port, guard, started }: TemporalOptions): Promise<Where> {
  const host = "127.0.0.1";
  const chosen = port ?? (await choosePort(dataDir, "temporal"));
  const uiPort = await choosePort(dataDir, "temporal-ui");
  const args = [
    ...["server", "start-dev", "--ip", host, "--port", String(chosen), "--ui-port", String(uiPort)],
    ...["--namespace", namespace, "--db-filename", file, "--log-level", "warn"],
    ...pairs("--sqlite-pragma", pragmas),
    ...pairs("--dynamic-config-value", dynamicConfig),
    ...pairs("--search-attribute", searchAttributes),
  ];
  const logFile = join(dataDir, "logs", "temporal.log");
  const command = { name: "Temporal", command: cli.path, args, account: null, logFile, stopSignal: "SIGTERM" } as const;
  const server = await launch(command, guard);
  started(server);
  const address = `${host}:${chosen}`;
  try {
    await waitUntilServing(address, namespace, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { address, uiUrl: `http://${host}:${uiPort}` };
}

function pairs(option: string, values: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
}

/** First the port, because gRPC waits a second before it tries a refused connection again. */
async function waitUntilServing(address: string, namespace: string, server: Server): Promise<void> {
  const deadline = Date.now() + startMs;
  const assertInTime = () => {
    server.assertRunning();
    if (Date.now() > deadline)
      throw new Error(`Temporal did not answer within ${startMs / 1_000} s:\n${server.logTail()}`);
  };
  while (!(await isListening(address))) {
    assertInTime();
    await delay(20);
  }
  const connection = await Connection.connect({ address });
  try {
    while ((await missingAttributes(connection, namespace)).length > 0) {
      assertInTime();
      await delay(20);
    }
  } finally {
    await connection.close();
  }
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** All of them while the namespace is still being made. */
async function missingAttributes(connection: Connection, namespace: string): Promise<readonly string[]> {
  const answer = await connection.operatorService.listSearchAttributes({ namespace }).catch(() => null);
  return Object.keys(searchAttributes).filter((name) => !(answer && name in answer.customAttributes));
}
