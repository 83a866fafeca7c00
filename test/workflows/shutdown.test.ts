import { readFileSync } from "node:fs";
import pino from "pino";
import { readConfig } from "../../config/env";
import type { GraphNode } from "../../graph/definition";
import { startWorker } from "../../worker/process";
import { testDatabase } from "../support/database";
import { createGate } from "../support/gate";
import { openEngine } from "../support/open-engine";
import { countNodes, faultsOf } from "../support/record";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

async function setup() {
  const gate = createGate();
  const { url: databaseUrl } = await testDatabase();
  const { address: temporalAddress, taskQueue, workflowBundle, client } = await testTemporal();
  const log = pino({ level: "silent" });
  const startOne = () =>
    startWorker({
      config: { ...readConfig({}), taskQueue },
      databaseUrl,
      databaseDirectUrl: databaseUrl,
      temporalAddress,
      log,
      blocks: [gate.block],
      workflowBundle: { code: readFileSync(workflowBundle.codePath, "utf8") },
    });
  let worker = await startOne();
  const engine = await openEngine({ databaseUrl, client, taskQueue, eager: false, blocks: [gate.block], log });
  return {
    ...engine,
    gate,
    stopWorker: () => worker.stop(),
    async startWorker() {
      worker = await startOne();
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await worker.stop();
    },
  };
}

test("a worker that is shut down hands its nodes to another: a deploy is not taken for a stop", async () => {
  await using engine = await setup();
  const { gate, db } = engine;
  const hold: GraphNode = { id: "hold", blockId: gate.blockId, constants: { in: "x" } };
  const graph = await engine.save(draft([hold, node("y", "AgentOutput", { name: "y" })], ["hold.out -> y.value"]));
  const id = await engine.start(graph);
  await until(gate.inside, (inside) => inside.length === 1);

  await engine.stopWorker();
  expect(gate.aborted()).toEqual(["x"]); // it had its seconds of grace
  expect(await engine.read(id)).toMatchObject({ status: "RUNNING" });
  expect(await countNodes(db, id)).toEqual({ "hold RUNNING": 1 });

  gate.open();
  await engine.startWorker();
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: ["x"] } });
  expect((await engine.nodes(id, "hold"))[0]).toMatchObject({ status: "COMPLETED", attempt: 2 });
  expect(await engine.closed(id)).toBe("COMPLETED");
  expect(await faultsOf(db)).toEqual([]);
});
