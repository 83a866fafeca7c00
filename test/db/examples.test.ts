import { readFileSync } from "node:fs";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { effectiveLimits } from "../../graph/limits";
import { graphRequest } from "../../graph/schema";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { createRunner } from "../support/run";
import { blockId } from "../unit/graph/fixtures";

test("postcards.json maps a list of names to a list of texts in their order", async () => {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  try {
    const graph = await saveGraph(db, graphRequest.parse(JSON.parse(readFileSync("examples/postcards.json", "utf8"))));
    const names = ["Ada", "Grace", "Edsger", "Barbara"];
    const id = await startGraph(db, graph, { inputs: { names, place: "Oslo" }, limits: effectiveLimits() });
    await createRunner(db)(id);
    const execution = await readExecution(db, ownerId, id, [blockId("AgentOutput")]);
    expect(execution).toMatchObject({ status: "COMPLETED", childExecutions: 4 });
    expect(execution?.outputs.map(([, value]) => value)).toEqual([
      names.map((name) => `Dear ${name}, greetings from Oslo!`),
    ]);
  } finally {
    await db.close();
  }
});
