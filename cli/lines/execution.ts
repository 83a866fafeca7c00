import type { Execution, NodeExecution } from "../answers";
import { counted, facts, table } from "./table";
import { elapsed } from "./time";

/** Characters of a value; `--json` has the whole. */
const longestValue = 2_000;

/** "RUNNING", "RUNNING (stopping)", "RUNNING (pausing)", "FAILED (node_failed)". */
export function statusOf({
  status,
  endReason,
  stopRequestedAt = null,
  paused = false,
}: Pick<Execution, "status" | "endReason"> & Partial<Pick<Execution, "stopRequestedAt" | "paused">>): string {
  if (endReason !== null) return endReason === "finished" ? status : `${status} (${endReason})`;
  if (stopRequestedAt !== null) return `${status} (stopping)`;
  return paused && status !== "PAUSED" ? `${status} (pausing)` : status;
}

export function executionLines(execution: Execution, now: number): string[] {
  const { treeStats: tree, workflow, error } = execution;
  const took = elapsed(execution, now);
  const isRoot = execution.parentId === null;
  const labels = Object.entries(execution.labels).map(([name, value]) => `${name}:${value}`);
  return [
    `${execution.graphName}  ${statusOf(execution)}${took && `  ${took}`}`,
    ...facts([
      ["id", execution.id],
      ["graph", `${execution.graphId} version ${execution.graphVersion}`],
      ["parent", execution.parentId],
      ["root", isRoot ? null : execution.rootId],
      ["created", execution.createdAt],
      ["ended", execution.endedAt],
      ["stop", execution.stopId],
      ["labels", labels.join(", ")],
      [
        "nodes",
        `${counted(execution.stats.nodeExecutions, "node execution")}, ${execution.stats.failedNodeExecutions} failed`,
      ],
      [
        isRoot ? "tree" : "whole tree",
        `${counted(tree.executions, "execution")}, ${tree.running} live, ${counted(tree.nodeExecutions, "node execution")}`,
      ],
      ["Temporal", workflow.uiUrl],
      ["error", error && `${error.code}: ${error.message}`],
    ]),
    ...section(
      "inputs",
      Object.entries(execution.inputs).map(([name, value]) => [name, [value]]),
    ),
    ...section("outputs", Object.entries(execution.outputs)),
  ];
}

/** Each value of each name on a line of its own. */
function section(title: string, named: readonly (readonly [string, readonly unknown[]])[]): string[] {
  const pairs = named.flatMap(([name, values]) => values.map((value) => [name, brief(value)] as const));
  return pairs.length === 0 ? [] : [`  ${title}`, ...facts(pairs).map((line) => `  ${line}`)];
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}… (${text.length} characters)`;
}

export function executionTable(executions: readonly Execution[], now: number): string[] {
  const rows = executions.map((one) => [one.id, one.graphName, statusOf(one), elapsed(one, now), one.createdAt]);
  return table(["ID", "GRAPH", "STATUS", "TIME", "CREATED"], rows);
}

export function nodeTable(nodes: readonly NodeExecution[], now: number): string[] {
  const rows = nodes.map((node) => [
    String(node.seq),
    node.label,
    node.blockName ?? node.blockId,
    statusOf(node),
    String(node.attempt),
    elapsed(node, now),
    remarkOn(node),
  ]);
  return table(["SEQ", "NODE", "BLOCK", "STATUS", "ATTEMPT", "TIME", "REMARK"], rows);
}

function remarkOn({ error, missingPins, childExecutionId }: NodeExecution): string {
  if (error) return `${error.code}: ${error.message}`;
  if (missingPins) return `never fed: ${missingPins.join(", ")}`;
  return childExecutionId === null ? "" : `execution ${childExecutionId}`;
}
