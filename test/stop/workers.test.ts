import { readFileSync } from "node:fs";
import pino from "pino";
import { readConfig } from "../../config/env";
import type { ExecutionId } from "../../graph/ids";
import { startWorker } from "../../worker/process";
import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { place } from "./blocks";
import { ask, closed, expectGone } from "./receipt";
import { treeOf } from "./trees";

/** Two workers on one task queue; each has its own gate behind the same block. */
async function setup() {
  const [here, there] = [createGate(), createGate()];
  const engine = await startEngine({ blocks: [here.block] });
  const { address, workflowBundle } = await testTemporal();
  const other = await startWorker({
    config: { ...readConfig({}), taskQueue: engine.taskQueue },
    databaseUrl: engine.url,
    databaseDirectUrl: engine.url,
    temporalAddress: address,
    log: pino({ level: "silent" }),
    blocks: [{ ...there.block, definition: here.block.definition }],
    workflowBundle: { code: readFileSync(workflowBundle.codePath, "utf8") },
  });
  const counts = () => [here.inside().length, there.inside().length] as const;
  return {
    engine,
    here,
    there,
    counts,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await other.stop();
    },
  };
}

test("a stop reaches the nodes in every worker process, and only those under it", async () => {
  await using bundle = await setup();
  const { engine, here, there, counts } = bundle;
  const graph = await engine.save(treeOf([3], [place("hold", here, { in: "held" })]));
  const roots: ExecutionId[] = [];
  // Until both workers have some of it: who gets a task is for Temporal to say.
  while (roots.length < 2 || Math.min(...counts()) === 0) {
    roots.push(await engine.start(graph));
    await until(counts, ([a, b]) => a + b === 3 * roots.length);
  }
  const [kept, ...others] = roots;
  if (!kept) throw new Error("no root");
  const stops = await Promise.all(others.map((root) => ask(engine, root)));
  for (const [index, { id }] of stops.entries()) {
    await expectGone(engine, others[index] ?? kept, await closed(engine.db, id));
  }
  expect(here.aborted().length + there.aborted().length).toBe(3 * others.length);
  const [a, b] = counts();
  expect(a + b).toBe(3);
  expect(await engine.read(kept)).toMatchObject({ status: "RUNNING" });
  await expectGone(engine, kept, await engine.stop(kept));
  expect(counts()).toEqual([0, 0]);
});
