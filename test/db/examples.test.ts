import { readFileSync } from "node:fs";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import type { JsonObject } from "../../graph/json";
import { effectiveLimits } from "../../graph/limits";
import { graphRequest } from "../../graph/schema";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { createRunner } from "../support/run";
import { blockId } from "../unit/graph/fixtures";

/** Runs an example to its end; answers it with the values that it gives. */
async function runExample(name: string, inputs: JsonObject) {
  const db = connect((await testDatabase()).url, { max: 4 });
  try {
    const draft = graphRequest.parse(JSON.parse(readFileSync(`examples/${name}.json`, "utf8")));
    const id = await startGraph(db, await saveGraph(db, draft), { inputs, limits: effectiveLimits() });
    await createRunner(db)(id);
    const execution = await readExecution(db, ownerId, id, [blockId("AgentOutput")]);
    return { execution, outputs: execution?.outputs.map(([, value]) => value) };
  } finally {
    await db.close();
  }
}

test("postcards.json maps a list of names to a list of texts in their order", async () => {
  const names = ["Ada", "Grace", "Edsger", "Barbara"];
  const { execution, outputs } = await runExample("postcards", { names, place: "Oslo" });
  expect(execution).toMatchObject({ status: "COMPLETED", childExecutions: 4 });
  expect(outputs).toEqual([names.map((name) => `Dear ${name}, greetings from Oslo!`)]);
});

test("running-totals.json adds each number of a list to the sum of those before it", async () => {
  const { execution, outputs } = await runExample("running-totals", { numbers: [3, 4, 5, 6] });
  expect(execution?.status).toBe("COMPLETED");
  expect(outputs).toEqual([3, 7, 12, 18]);
});

test("weekly-digest.json goes through its three nested graphs, of which one is run for each topic", async () => {
  const { execution, outputs } = await runExample("weekly-digest", { topics: ["Rivers", "Bridges"], reader: "Ada" });
  expect(execution).toMatchObject({ status: "COMPLETED", childExecutions: 4 });
  expect(outputs).toEqual([
    "Dear Ada,\n\nRivers: what happened this week.\nBridges: what happened this week.\n\n(10 words)",
  ]);
});
