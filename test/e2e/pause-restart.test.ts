import { z } from "zod";
import type { Ready } from "../../local/data-folder";
import { testFolder } from "../local/folders";
import { runScript } from "../local/programs";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const execution = z.looseObject({
  id: z.string(),
  status: z.string(),
  paused: z.boolean(),
  outputs: z.record(z.string(), z.unknown()),
  treeStats: z.looseObject({ executions: z.number(), nodeExecutions: z.number() }),
});

/** Api, worker, Temporal's dev server and Postgres, all in one data folder; started once more they go on with it. */
async function setup() {
  const dataDir = testFolder();
  async function start() {
    const program = await runScript("local/dev.ts", [], dataDir);
    const { api } = JSON.parse((await program.line("ready ")).slice("ready ".length)) as Ready;
    async function ask(path: string, body?: unknown) {
      const headers = { "content-type": "application/json" };
      const init = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
      const response = await fetch(`${api}/v1/${path}`, init);
      return z.looseObject({}).parse(await response.json());
    }
    return {
      ask,
      read: async (id: string) => execution.parse(await ask(`executions/${id}`)),
      start: async (graphId: unknown) => execution.parse(await ask(`graphs/${String(graphId)}/executions`, {})).id,
      async stop() {
        program.child.kill("SIGTERM");
        expect(await program.ended).toBe(0);
      },
    };
  }
  return { start };
}

/** After a timer a nested graph is born, which has a timer of its own. */
const inner = draft(
  [
    node("x", "AgentInput", { name: "x" }),
    node("wait", "CountdownTimer", { seconds: "0.2" }),
    node("y", "AgentOutput", { name: "y" }),
  ],
  ["x.result -> wait.input_message", "wait.output_message -> y.value"],
  { id: "inner" },
);
const graph = draft(
  [
    node("timer", "CountdownTimer", { seconds: "4", input_message: "ding" }),
    node("run", "AgentExecutor", { graphId: "inner" }),
    node("beside", "StoreValue", { input: 7 }),
    node("y", "AgentOutput", { name: "y" }),
    node("z", "AgentOutput", { name: "z" }),
  ],
  ["timer.output_message -> run.x", "run.y -> y.value", "beside.output -> z.value"],
  { subGraphs: [inner] },
);

test("paused, restarted with everything around it and resumed, a tree ends as one that was left alone", async () => {
  const { start } = await setup();
  const before = await start();
  const { id: graphId } = await before.ask("graphs", graph);
  const paused = await before.start(graphId);
  await until(
    () => before.read(paused),
    ({ outputs }) => "z" in outputs,
  );
  await before.ask(`executions/${paused}/pause`, { reason: "lunch" });
  const alone = await before.start(graphId);
  const left = await until(
    () => before.read(alone),
    ({ status }) => status === "COMPLETED",
  );
  await before.stop(); // the paused one's timer, which is older, has fired too

  const after = await start();
  const held = { status: "PAUSED", paused: true, outputs: { z: [7] }, treeStats: { executions: 1 } };
  expect(await after.read(paused)).toMatchObject(held);
  await after.ask(`executions/${paused}/resume`, {});
  const ended = await until(
    () => after.read(paused),
    ({ status }) => status === "COMPLETED",
  );
  expect(ended.outputs).toEqual(left.outputs);
  expect(ended.outputs).toEqual({ y: ["ding"], z: [7] });
  expect(ended.treeStats).toEqual({ ...left.treeStats });
  await after.stop();
}, 300_000);
