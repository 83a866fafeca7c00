import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import type { GraphNode } from "../../graph/definition";
import { readConfig } from "../../config/env";
import { startServices } from "../../local/services";
import { startWorker } from "../../worker/process";
import { localConfig, testFolder } from "../local/folders";
import { testDatabase } from "../support/database";
import { createGate } from "../support/gate";
import { openEngine } from "../support/open-engine";
import { countNodes, faultsOf } from "../support/record";
import { testVariable } from "../support/variables";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** Postgres outlives what the test does to Temporal, which has a data folder of its own. */
async function setup() {
  const { url: databaseUrl } = await testDatabase();
  const dataDir = testFolder();
  const gate = createGate();
  const logged: string[] = [];
  const lines = new Writable({
    write(line: Buffer, _encoding, done) {
      logged.push(line.toString());
      done();
    },
  });
  const log = pino({ level: "warn" }, lines);
  const taskQueue = "treeline";
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };

  /** Temporal with a worker and a dispatcher on it. */
  async function start() {
    const services = await startServices({ ...localConfig(dataDir), databaseUrl }, () => {});
    stops.push(() => services.stop());
    const worker = await startWorker({
      config: { ...readConfig({}), taskQueue },
      databaseUrl,
      databaseDirectUrl: databaseUrl,
      temporalAddress: services.temporalAddress,
      temporalFresh: services.temporalFresh,
      log,
      blocks: [gate.block],
      workflowBundle: { code: readFileSync(testVariable("bundle"), "utf8") },
    });
    stops.push(() => worker.stop());
    const { client } = worker;
    const engine = await openEngine({ databaseUrl, client, taskQueue, eager: true, blocks: [gate.block], log });
    stops.push(() => engine[Symbol.asyncDispose]());
    services.temporalSettled();
    return { ...engine, fresh: services.temporalFresh };
  }

  function loseTemporal(): void {
    const folder = join(dataDir, "temporal");
    for (const file of readdirSync(folder).filter((name) => name.includes(".db"))) rmSync(join(folder, file));
  }
  return { gate, logged, start, stop, loseTemporal, [Symbol.asyncDispose]: stop };
}

test("what was open when Temporal lost its data begins again from Postgres and finishes", async () => {
  await using bundle = await setup();
  const { gate, logged } = bundle;
  const before = await bundle.start();
  const hold = (id: string): GraphNode => ({ id, blockId: gate.blockId, constants: {} });
  const inner = draft(
    [node("x", "AgentInput", { name: "x" }), hold("hold"), node("y", "AgentOutput", { name: "y" })],
    ["x.result -> hold.in", "hold.out -> y.value"],
    { id: "inner" },
  );
  const graph = draft(
    [
      node("x", "AgentInput", { name: "x" }),
      node("before", "StoreValue"),
      node("run", "AgentExecutor", { graphId: "inner" }),
      node("wait", "CountdownTimer", { seconds: 1 }),
      node("y", "AgentOutput", { name: "y" }),
    ],
    [
      "x.result -> before.input",
      "before.output -> run.x",
      "run.y -> wait.input_message",
      "wait.output_message -> y.value",
    ],
    { subGraphs: [inner] },
  );
  const root = await before.start(await before.save(graph), { x: "kept" });
  await until(gate.inside, (inside) => inside.length === 1);
  await bundle.stop();

  bundle.loseTemporal();
  const after = await bundle.start();
  expect(after.fresh).toBe(true);
  expect(logged.join()).toContain("Temporal's data is new: open executions begin again from Postgres");
  await until(gate.inside, (inside) => inside.length === 1);
  gate.open();
  expect(await after.ended(root)).toMatchObject({ status: "COMPLETED", outputs: { y: ["kept"] } });
  expect(await countNodes(after.db, root)).toEqual({
    "before COMPLETED": 1,
    "run COMPLETED": 1,
    "wait COMPLETED": 1,
    "x COMPLETED": 1,
    "y COMPLETED": 1,
  });
  const { rows } = await after.db.pool.query(
    "select type, count(*)::int from events where type like 'execution.%' group by 1 order by 1",
  );
  expect(rows).toEqual([
    { type: "execution.completed", count: 2 },
    { type: "execution.queued", count: 2 },
    { type: "execution.started", count: 2 },
  ]);
  expect(await after.closed(root)).toBe("COMPLETED");
  expect(await faultsOf(after.db)).toEqual([]);
});
