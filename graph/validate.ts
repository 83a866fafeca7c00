import type { BlockCatalog } from "./block";
import type { GraphDraft } from "./definition";
import { durationFaults } from "./durations";
import type { Fault } from "./errors";
import { linkFaults } from "./link-faults";
import { nodeFaults } from "./node-faults";
import { placeNode } from "./placed";
import type { PlacedNode } from "./placed";
import type { FindNested } from "./reference";

export type ValidationContext = {
  readonly blocks: BlockCatalog;
  readonly findNested: FindNested;
  /** Where the draft stands in the request: "" or "/subGraphs/1". */
  readonly at?: string;
};

/** Every fault of one graph at once, each with a JSON pointer into the request and what would be right; not those of its subGraphs. */
export function validateGraph(draft: GraphDraft, { blocks, findNested, at = "" }: ValidationContext): Fault[] {
  const placed = draft.nodes.map((node, i) => placeNode(node, `${at}/nodes/${i}`, blocks, findNested));
  return [
    ...nodeFaults(placed, draft.links),
    ...linkFaults(draft.links, placed, at),
    ...(canStart(draft, placed) ? [] : [{ pointer: `${at}/nodes`, detail: nothingStarts }]),
    ...durationFaults(`${at}/settings/resurrect/cooldown`, draft.settings?.resurrect?.cooldown),
    ...durationFaults(`${at}/settings/limits/runTime`, draft.settings?.limits?.runTime),
  ];
}

const nothingStarts = "no node can start: there has to be an Input, or a node without inbound links that is no Note";

function canStart(draft: GraphDraft, placed: readonly PlacedNode[]): boolean {
  const ids = new Set(draft.nodes.map(({ id }) => id));
  const fed = new Set(draft.links.filter((link) => ids.has(link.sourceId)).map((link) => link.sinkId));
  // A node of an unknown block may well be an Input.
  return placed.some(
    ({ node, block }) => !block || block.role === "input" || (block.role !== "note" && !fed.has(node.id)),
  );
}
