import type { NodeMap } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { GraphVersion } from "../../graph/register";
import type { JsonObject } from "../../graph/json";
import { effectiveLimits } from "../../graph/limits";
import type { ExecutionInput } from "../../workflows/messages";
import { draft, node } from "../unit/graph/fixtures";
import type { Engine } from "./engine";
import { startGraph } from "./factory";
import type { Gate } from "./gate";

const most = 1_000_000;
const wide = effectiveLimits({}, { children: most, executions: most, nodeExecutions: most, iterations: most });

/** Starts it with a history of few events for each run. */
export async function startLong(
  engine: Engine,
  graph: GraphVersion,
  inputs: JsonObject,
  eventsAtMost?: number,
): Promise<ExecutionId> {
  const executionId = await startGraph(engine.db, graph, { inputs, limits: wide });
  if (eventsAtMost === undefined) {
    await engine.dispatcher.startNow(executionId);
  } else {
    const args: [ExecutionInput] = [{ executionId, eventsAtMost }];
    await engine.client.workflow.start("execution", { workflowId: executionId, taskQueue: engine.taskQueue, args });
  }
  return executionId;
}

/** Of each list in a list: a remote node passes it on, and each of its values is stored. */
export const manyNodes = ({ blockId }: Gate) =>
  draft(
    [
      node("lists", "AgentInput", { name: "lists" }),
      node("step", "StepThroughItems"),
      { id: "pass", blockId, constants: {} },
      node("each", "StepThroughItems"),
      node("keep", "StoreValue"),
    ],
    ["lists.result -> step.items", "step.item -> pass.in", "pass.out -> each.items", "each.item -> keep.input"],
  );

/** A map of a graph of three nodes. */
export const manyChildren = (map: Partial<NodeMap>) => {
  const [x, y] = [node("x", "AgentInput", { name: "x" }), node("y", "AgentOutput", { name: "y" })];
  const each = { ...node("each", "AgentExecutor", { graphId: "leaf" }), map: { pin: "x", ...map } };
  return draft(
    [node("list", "AgentInput", { name: "list" }), each, y],
    ["list.result -> each.x", "each.y -> y.value"],
    { subGraphs: [{ id: "leaf", ...draft([x, y], ["x.result -> y.value"]) }] },
  );
};

/** The lengths of its runs' histories, the newest first. */
export async function runLengths(engine: Engine, id: ExecutionId): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | undefined = (await engine.client.workflow.getHandle(id).describe()).runId; runId;) {
    const { events } = await engine.client.workflow.getHandle(id, runId).fetchHistory();
    lengths.push(events?.length ?? 0);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return lengths;
}
