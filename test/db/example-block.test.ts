import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { createRunner } from "../support/run";
import { blockId, draft, node } from "../unit/graph/fixtures";
import { romanNumeral } from "../unit/blocks/example/definition";
import { romanBlocks } from "../unit/blocks/example/run";

async function setup(number: number) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const roman = { id: "roman", blockId: romanNumeral.id, constants: { number } };
  const outputs = [node("out", "AgentOutput", { name: "numeral" }), node("why", "AgentOutput", { name: "error" })];
  const graph = draft([roman, ...outputs], ["roman.numeral -> out.value", "roman.error -> why.value"]);
  const saved = await saveGraph(db, graph, catalogOf(createRegistry(romanBlocks)));
  const id = await startGraph(db, saved);
  await createRunner(db, romanBlocks)(id);
  return {
    execution: await readExecution(db, ownerId, id, [blockId("AgentOutput")]),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

describe("the worked example of docs/blocks.md", () => {
  test("runs in a graph", async () => {
    await using run = await setup(1994);
    expect(run.execution).toMatchObject({ status: "COMPLETED", outputs: [[{ name: "numeral" }, "MCMXCIV"]] });
  });

  test("fails on its error pin", async () => {
    await using run = await setup(4000);
    expect(run.execution).toMatchObject({
      status: "COMPLETED",
      outputs: [[{ name: "error" }, "number must be between 1 and 3,999"]],
    });
  });
});
