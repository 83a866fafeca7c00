import type { NodeExecution, Tree } from "../answers";
import { statusOf } from "./execution";
import { counted } from "./table";
import { elapsed } from "./time";

/** Nodes that run or wait, by execution. */
export type OpenNodes = ReadonlyMap<string, readonly NodeExecution[]>;

/** The tree drawn with branches, one line for each execution and each of its open nodes, and its totals. */
export function treeLines(tree: Tree, now: number, openNodes: OpenNodes = new Map()): string[] {
  return [...branchLines(tree, "", "", now, openNodes), totalsLine(tree)];
}

function branchLines(tree: Tree, lead: string, below: string, now: number, openNodes: OpenNodes): string[] {
  const { execution, children, detached, maps } = tree;
  const nodes = openNodes.get(execution.id) ?? [];
  const inside = children.length > 0 || tree.truncated ? "│ " : "  ";
  return [
    `${lead}${[nameOf(tree), statusOf(execution), elapsed(execution, now), chargeText(tree), execution.id].filter(Boolean).join("  ")}`,
    ...nodes.map((node) => `${below}${inside}· ${node.label}  ${node.status}  ${elapsed(node, now)}`.trimEnd()),
    ...maps.map(({ nodeId, done, total }) => `${below}${inside}· map ${nodeId}  ${done} of ${total}`),
    ...detached.map((one) => `${below}${inside}· detached  ${one.status}  ${one.executionId}`),
    ...children.flatMap((child, index) => {
      const isLast = index === children.length - 1 && !tree.truncated;
      return branchLines(
        child,
        `${below}${isLast ? "└─ " : "├─ "}`,
        `${below}${isLast ? "   " : "│  "}`,
        now,
        openNodes,
      );
    }),
    ...(tree.truncated ? [`${below}└─ … ${execution.stats.childExecutions - children.length} more not shown`] : []),
  ];
}

/** What the branch has cost so far, with all below it that is shown; "" where nothing. */
function chargeText(tree: Tree): string {
  const charge = chargeOf(tree);
  return charge === 0 ? "" : counted(charge, "credit");
}

function chargeOf({ execution, children }: Tree): number {
  return children.reduce((sum, child) => sum + chargeOf(child), execution.stats.charge);
}

/** The node that runs it says more than the graph, where it has a name of its own. */
export function nameOf({ node, execution }: Pick<Tree, "node" | "execution">): string {
  return node === null || node.label === execution.graphName
    ? execution.graphName
    : `${node.label}: ${execution.graphName}`;
}

function totalsLine({ totals }: Tree): string {
  const statuses = Object.entries(totals.byStatus).map(([status, count]) => `${count} ${status}`);
  const counts = [counted(totals.executions, "execution"), counted(totals.nodeExecutions, "node execution")];
  return `${counts.join(", ")}, ${counted(totals.charge, "credit")}: ${statuses.join(", ")}`;
}
