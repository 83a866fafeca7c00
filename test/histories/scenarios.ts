import { randomUUID } from "node:crypto";
import { BlockFailure, type Block, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import type { StopView } from "../../db/stops";
import { parseStopId, type ExecutionId, type StopId } from "../../graph/ids";
import { createGate } from "../support/gate";
import type { OpenEngine } from "../support/open-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const flaky: RemoteBlock & { failuresLeft: number } = {
  failuresLeft: 2,
  attempts: 3,
  definition: define({
    id: randomUUID(),
    name: "Flaky",
    description: "",
    placement: "remote",
    inputSchema: pins({ in: optional(any, null, "") }),
    outputSchema: pins({ out: emitted(any, "") }),
  }),
  run: ({ in: value = null }) =>
    flaky.failuresLeft-- > 0
      ? Promise.reject(new BlockFailure("busy", "ask again", { retryable: true }))
      : Promise.resolve([{ pin: "out", value }]),
};

const held = createGate("Held");

/** What the worker that carries the scenarios out has to have. */
export const scenarioBlocks: readonly Block[] = [flaky, held.block];

const input = node("x", "AgentInput", { name: "x" });
const output = node("y", "AgentOutput", { name: "y" });
const hold: GraphNode = { id: "hold", blockId: held.blockId, constants: { in: "held" } };

const leaf: GraphDraft = {
  ...draft([input, node("store", "StoreValue"), output], ["x.result -> store.input", "store.output -> y.value"]),
  id: "leaf",
};

function around(id: string, subGraphs: GraphDraft[]): GraphDraft {
  const run = { ...node("run", "AgentExecutor", { graphId: id }), label: "Run it" };
  return draft([input, run, output], ["x.result -> run.x", "run.y -> y.value", "run.error -> y.value"], { subGraphs });
}

/** Executions, and a stop, whose histories are kept, by the names of their files. */
type Recorded = Readonly<Record<string, ExecutionId | StopId>>;

async function childOf(engine: OpenEngine, id: ExecutionId): Promise<ExecutionId> {
  const [run] = await engine.nodes(id, "run");
  if (!run?.childExecutionId) throw new Error(`no nested graph of ${id}`);
  return run.childExecutionId;
}

/** Runs a graph to its end. */
async function runThrough(engine: OpenEngine, graph: GraphDraft): Promise<ExecutionId> {
  const id = await engine.start(await engine.save(graph), { x: 1 });
  await engine.ended(id);
  return id;
}

/** A graph whose nested graph has a node that is held; `stop` ends it. */
async function runHeld(engine: OpenEngine, stop: (root: ExecutionId, child: ExecutionId) => Promise<unknown>) {
  const inner: GraphDraft = { ...draft([input, hold, output], ["x.result -> y.value"]), id: "held" };
  const root = await engine.start(await engine.save(around("held", [inner])), { x: 1 });
  await until(held.inside, (inside) => inside.length === 1);
  const child = await childOf(engine, root);
  await stop(root, child);
  await engine.ended(root);
  return { root, child };
}

/** One of each way an execution's workflow may go. */
export const scenarios: readonly ((engine: OpenEngine) => Promise<Recorded>)[] = [
  async (engine) => ({ chain: await runThrough(engine, leaf) }),
  async (engine) => {
    const nested = await runThrough(engine, around("leaf", [leaf]));
    return { nested, "nested-child": await childOf(engine, nested) };
  },
  async (engine) => {
    const timer = node("t", "CountdownTimer", { seconds: "0.01", repeat: 2 });
    return { timer: await runThrough(engine, draft([timer, output], ["t.output_message -> y.value"])) };
  },
  async (engine) => {
    const fetch: GraphNode = {
      id: "f",
      blockId: flaky.definition.id,
      constants: {},
      label: "Fetch",
      retry: { firstInterval: "1ms" },
    };
    return { "remote-retried": await runThrough(engine, draft([fetch, output], ["f.out -> y.value"])) };
  },
  async (engine) => {
    const stops: StopView[] = [];
    const { root, child } = await runHeld(engine, async (id) => stops.push(await engine.stop(id)));
    return { stopped: root, "stopped-child": child, stop: parseStopId(stops[0]?.id ?? "") };
  },
  async (engine) => {
    const { root, child } = await runHeld(engine, (id) => engine.client.workflow.getHandle(id).cancel());
    return { cancelled: root, "cancelled-child": child };
  },
  async (engine) => {
    const { root, child } = await runHeld(engine, (_root, id) => engine.stop(id));
    return { "child-stopped-alone": root, "stopped-alone": child };
  },
  async (engine) => {
    const { root } = await runHeld(engine, (id) => engine.client.workflow.getHandle(id).signal("stop", { by: "ada" }));
    return { "stopped-by-signal": root };
  },
];
