import fc from "fast-check";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import { draft, node } from "../unit/graph/fixtures";
import { place } from "./blocks";
import type { StopPoint } from "./simulation";

/** A graph of a random tree: what stands in it, and the graphs that run in it. */
export type Shape = { readonly remotes: number; readonly timer: boolean; readonly children: readonly Shape[] };

function shapeOver(children: fc.Arbitrary<Shape[]>): fc.Arbitrary<Shape> {
  return fc.record({ remotes: fc.nat({ max: 2 }), timer: fc.boolean(), children });
}

const leaves = shapeOver(fc.constant([]));
const middles = shapeOver(fc.array(leaves, { maxLength: 2 }));

/** Two levels below the root at most, and one at least: a stop has to have something to reach. */
export const shapes: fc.Arbitrary<Shape> = shapeOver(fc.array(middles, { minLength: 1, maxLength: 3 }));

export const stopPoints: fc.Arbitrary<StopPoint[]> = fc.array(
  fc.record({
    turn: fc.nat({ max: 50 }),
    target: fc.nat({ max: 30 }),
    by: fc.constantFrom("request", "request", "cancel", "terminate"),
    cascade: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    deadlineMs: fc.constantFrom(0, 600_000),
    heard: fc.boolean(),
    lag: fc.nat({ max: 25 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/**
 * In each graph: remote nodes of which each feeds a second one, a timer, and nested graphs whose output feeds a remote node: so
 * that at any moment something could still start, be born, come back or go on.
 */
export function graphOf(shape: Shape, simulated: { readonly blockId: string }): GraphDraft {
  const graphs: GraphDraft[] = [];
  function add({ remotes, timer, children }: Shape): string {
    const id = `graph ${graphs.length}`;
    const at = graphs.push(draft([], [])) - 1;
    const nodes: GraphNode[] = [
      node("in", "AgentInput", { name: "in", value: "v" }),
      node("y", "AgentOutput", { name: "y" }),
    ];
    const links: string[] = ["in.result -> y.value"];
    for (let index = 0; index < remotes; index++) {
      nodes.push(place(`first${index}`, simulated, { in: index }), place(`second${index}`, simulated));
      links.push(`first${index}.out -> second${index}.in`, `second${index}.out -> y.value`);
    }
    if (timer) nodes.push(node("timer", "CountdownTimer", { seconds: "0.005", repeat: 2 }), place("fired", simulated));
    if (timer) links.push("timer.output_message -> fired.in");
    children.forEach((child, index) => {
      nodes.push(node(`run${index}`, "AgentExecutor", { graphId: add(child) }), place(`after${index}`, simulated));
      links.push(`run${index}.y -> after${index}.in`, `run${index}.error -> after${index}.in`);
    });
    graphs[at] = draft(nodes, links, { id });
    return id;
  }
  add(shape);
  const [root, ...subGraphs] = graphs;
  if (!root) throw new Error("no graph");
  return { ...root, subGraphs };
}
