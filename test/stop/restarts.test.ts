import { readFileSync } from "node:fs";
import pino from "pino";
import { readConfig } from "../../config/env";
import { migrate } from "../../db/migrate";
import { startDatabase, startServices } from "../../local/services";
import { startWorker } from "../../worker/process";
import { localConfig, testFolder } from "../local/folders";
import { createGate } from "../support/gate";
import { openEngine } from "../support/open-engine";
import { testDatabase } from "../support/database";
import { testTemporal } from "../support/temporal";
import { testVariable } from "../support/variables";
import { until } from "../support/wait";
import { createDeaf, place } from "./blocks";
import { ask, closed, expectGone, reached } from "./receipt";
import { treeOf } from "./trees";

const log = pino({ level: "silent" });

/** A worker and a dispatcher on these servers, one of which the test restarts under them. */
async function openOn(databaseUrl: string, temporalAddress: string, taskQueue: string) {
  const gate = createGate();
  const deaf = createDeaf();
  const blocks = [gate.block, deaf.block];
  const worker = await startWorker({
    config: { ...readConfig({}), taskQueue },
    databaseUrl,
    databaseDirectUrl: databaseUrl,
    temporalAddress,
    log,
    blocks,
    workflowBundle: { code: readFileSync(testVariable("bundle"), "utf8") },
  });
  const engine = await openEngine({ databaseUrl, client: worker.client, taskQueue, eager: true, blocks, log });
  /** 1 + 2 executions: in each leaf a node that hears an abort and one that does not. */
  async function startHeld() {
    const nodes = [place("hold", gate, { in: "held" }), place("deaf", deaf, { in: "held" })];
    const root = await engine.start(await engine.save(treeOf([2], nodes)));
    await until(gate.inside, (inside) => inside.length === 2);
    await until(deaf.count, (count) => count === 2);
    return root;
  }
  return {
    ...engine,
    gate,
    deaf,
    startHeld,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await worker.stop();
    },
  };
}

/** The same on a Postgres of its own, with a held tree. */
async function setupOnPostgres() {
  const dataDir = testFolder();
  const start = () => startDatabase(localConfig(dataDir), () => {});
  let postgres = await start();
  await migrate(postgres.url);
  const { address, taskQueue } = await testTemporal();
  const engine = await openOn(postgres.url, address, taskQueue);
  return {
    engine,
    root: await engine.startHeld(),
    stopPostgres: () => postgres.stop(),
    async startPostgres() {
      postgres = await start();
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await postgres.stop();
    },
  };
}

test("a stop goes on after a restart of Postgres in the middle of it", async () => {
  await using bundle = await setupOnPostgres();
  const { engine, root } = bundle;
  const { id } = await ask(engine, root, { deadlineMs: 600_000 });
  await until(engine.gate.aborted, (aborted) => aborted.length === 2);
  await bundle.stopPostgres();
  engine.deaf.letAllGo(); // it ends while nothing can be recorded
  await bundle.startPostgres();
  const stop = await closed(engine.db, id);
  await expectGone(engine, root, stop);
  expect(stop).toMatchObject({ outcome: "stopped", leftovers: [] });
}, 120_000);

test("what node code gives while Postgres restarts is kept, and no code runs twice", async () => {
  await using bundle = await setupOnPostgres();
  const { engine, root } = bundle;
  await bundle.stopPostgres();
  engine.gate.letGo(2);
  engine.deaf.letAllGo();
  await bundle.startPostgres();
  expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED" });
  const { rows } = await engine.db.pool.query(
    "select node_id, attempt, status from node_executions where placement = 'remote' order by node_id",
  );
  const done = { attempt: 1, status: "COMPLETED" };
  expect(rows).toEqual(["deaf", "deaf", "hold", "hold"].map((node_id) => ({ node_id, ...done })));
  expect(engine.deaf.left()).toEqual(["held", "held"]);
}, 120_000);

test("a stop goes on after a restart of Temporal in the middle of it", async () => {
  const { url: databaseUrl } = await testDatabase();
  const dataDir = testFolder();
  const start = () => startServices({ ...localConfig(dataDir), databaseUrl }, () => {});
  let temporal = await start();
  try {
    await using engine = await openOn(databaseUrl, temporal.temporalAddress, "treeline");
    const root = await engine.startHeld();
    const { id } = await ask(engine, root, { deadlineMs: 600_000 });
    await until(engine.gate.aborted, (aborted) => aborted.length === 2);
    await temporal.stop();
    engine.deaf.letAllGo();
    await reached(engine.db, id, "QUIESCED"); // that needs no Temporal
    temporal = await start();
    const stop = await closed(engine.db, id);
    await expectGone(engine, root, stop);
    expect(stop).toMatchObject({ outcome: "stopped", leftovers: [] });
  } finally {
    await temporal.stop();
  }
}, 120_000);
