import type { GraphDraft, GraphNode } from "../../graph/definition";
import { draft, node } from "../unit/graph/fixtures";

/** A graph that runs `count` nested graphs side by side, one for each item of a list. */
function fan(count: number, graphId: string, more: Partial<GraphDraft> = {}): GraphDraft {
  const items = Array.from({ length: count }, (_, index) => index);
  return draft(
    [node("each", "StepThroughItems", { items }), node("run", "AgentExecutor", { graphId })],
    ["each.item -> run.item"],
    more,
  );
}

const item = node("item", "AgentInput", { name: "item", value: 0 });

/** A tree whose executions have `widths` children at each level; `nodes` stand in each leaf. */
export function treeOf(widths: readonly number[], nodes: readonly GraphNode[]): GraphDraft {
  const [first = 0, ...below] = widths;
  const subGraphs = below.map((width, index): GraphDraft => {
    const { nodes: own, links } = fan(width, `level ${index + 2}`);
    return { name: `level ${index + 1}`, id: `level ${index + 1}`, nodes: [item, ...own], links };
  });
  const leaf = draft([item, ...nodes], [], { id: `level ${widths.length}` });
  return fan(first, "level 1", { subGraphs: [...subGraphs, leaf] });
}

/** A graph that runs itself `times` over, each time with the same nodes beside: without an end but the limit `depth`. */
export function recursion(times: number, nodes: readonly GraphNode[] = []): GraphDraft {
  const runs = Array.from({ length: times }, (_, index) => node(`run${index}`, "AgentExecutor", { graphId: "self" }));
  return draft([...runs, ...nodes], [], { id: "self" });
}
