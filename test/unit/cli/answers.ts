import type { Execution, NodeExecution, Tree } from "../../../cli/answers";

/** An execution as the API answers it; its id is made of `number`. */
export function anExecution(number: number, changes: Partial<Execution> = {}): Execution {
  const id = `0199c0de-0000-7000-8000-${String(number).padStart(12, "0")}`;
  return {
    ...{ id, rootId: id, parentId: null, parentNodeExecutionId: null, ancestors: [], depth: 0, detachedFrom: null },
    ...{ graphId: id, graphVersion: 1, graphName: `Graph ${number}`, status: "RUNNING", endReason: null },
    ...{
      stopRequestedAt: null,
      stopId: null,
      paused: false,
      resumedFrom: null,
      resurrections: 0,
      inputs: {},
      masks: {},
      outputs: {},
      error: null,
    },
    stats: { nodeExecutions: 1, failedNodeExecutions: 0, childExecutions: 0, charge: 0 },
    treeStats: { executions: 1, running: 1, nodeExecutions: 1, charge: 0, maxDepth: 0 },
    ...{ limits: {}, budget: null, labels: {}, workflow: { id, runId: null, uiUrl: null } },
    ...{ createdAt: "2026-01-01T00:00:00.000Z", startedAt: "2026-01-01T00:00:00.000Z", endedAt: null },
    ...changes,
  };
}

export function aTree(execution: Execution, children: Tree[] = [], changes: Partial<Tree> = {}): Tree {
  const totals = { executions: 1 + children.length, live: 1, nodeExecutions: 1, charge: 0, byStatus: { RUNNING: 1 } };
  return { execution, node: null, children, maps: [], detached: [], truncated: false, totals, ...changes };
}

export function aNode(label: string): NodeExecution {
  const { id } = anExecution(1);
  return {
    ...{ id, executionId: id, rootId: id, nodeId: label, label, blockId: id, blockName: "Block", seq: 1 },
    ...{ status: "RUNNING", endReason: null, attempt: 1, inputs: {}, outputs: [], error: null, charge: 0, usage: null },
    ...{
      childExecutionId: null,
      resurrects: null,
      missingPins: null,
      missingLinks: null,
      progress: null,
      queuedAt: null,
    },
    ...{ startedAt: "2026-01-01T00:00:00.000Z", endedAt: null },
  };
}
