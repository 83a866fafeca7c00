import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { readConfig } from "../../config/env";
import { migrate } from "../../db/migrate";
import { startWorker } from "../../worker/process";
import { openEngine, type HistoryEvent, type HistoryJson } from "../support/open-engine";
import { ensurePostgres, ensureTemporal, stopServices } from "../support/services";
import { testVariable } from "../support/variables";
import { scenarioBlocks, scenarios } from "./scenarios";

/*
 * Records the histories again: `npx tsx test/histories/record.ts`, and look at the diff. Each recorded history is a promise to
 * executions that run while a new version is rolled out, so those of released versions stay as they are: record under new
 * names when a workflow learns something new.
 */

/** Fields that tell of the machine or of this run of the worker; replay does not need them. */
const scrubbed: ReadonlySet<string> = new Set(["identity", "stackTrace", "binaryChecksum", "workerVersion", "buildId"]);

/** Names of sticky task queues hold the host's. */
function scrub(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scrub);
  if (typeof value !== "object" || value === null) return value;
  const isSticky = "kind" in value && value.kind === "TASK_QUEUE_KIND_STICKY";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !scrubbed.has(key))
      .map(([key, field]) => [key, isSticky && key === "name" ? "sticky" : scrub(field)]),
  );
}

function write(name: string, history: HistoryJson): void {
  const events = history.events.map((event) => JSON.stringify(scrub(event) as HistoryEvent));
  const text = `{"events": [\n${events.join(",\n")}\n]}\n`;
  const payloads = [...text.matchAll(/"data":"([^"]*)"/g)].map(([, data = ""]) => Buffer.from(data, "base64"));
  for (const secret of [`@${hostname()}`, process.cwd()])
    if (`${text}${payloads.join()}`.includes(secret)) throw new Error(`${name} names this machine: ${secret}`);
  writeFileSync(join(__dirname, `${name}.json`), text);
}

async function record(): Promise<void> {
  const databaseUrl = testVariable("postgres");
  const taskQueue = "treeline";
  const log = pino({ level: "error" }, pino.destination(2));
  await migrate(databaseUrl);
  const worker = await startWorker({
    config: { ...readConfig({}), taskQueue },
    databaseUrl,
    databaseDirectUrl: databaseUrl,
    temporalAddress: testVariable("temporal"),
    log,
    blocks: scenarioBlocks,
    workflowBundle: { code: readFileSync(testVariable("bundle"), "utf8") },
  });
  const { client } = worker;
  const engine = await openEngine({ databaseUrl, client, taskQueue, eager: true, blocks: scenarioBlocks, log });
  try {
    for (const scenario of scenarios) {
      for (const [name, id] of Object.entries(await scenario(engine))) {
        const how = await engine.closed(id);
        write(name, await engine.history(id));
        process.stdout.write(`${name}: ${how}\n`);
      }
    }
  } finally {
    await engine[Symbol.asyncDispose]();
    await worker.stop();
  }
}

async function main(): Promise<void> {
  try {
    await ensurePostgres();
    await ensureTemporal();
    await record();
  } finally {
    await stopServices();
  }
}

void main();
