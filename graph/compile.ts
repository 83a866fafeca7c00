import type { BlockCatalog, BlockDefinition } from "./block";
import type { GraphDefinition, GraphLink, GraphNode, GraphSettings, NestedGraph } from "./definition";
import { TreelineError } from "./errors";
import { own } from "./json";
import type { PinSchema } from "./json";
import { parsePin } from "./pins";

/** A pin name that is folded into its base pin: `values_#_mark` has the path `["values", "mark"]`. */
export type FoldedPin = { readonly pin: string; readonly path: readonly string[] };

/** A node with all the planner asks about it, worked out once for each graph version. */
export type CompiledNode = {
  readonly node: GraphNode;
  readonly block: BlockDefinition;
  readonly nested: NestedGraph | null;
  /** Of a nested-graph node the pins of the nested graph, else the block's. */
  readonly inputSchema: PinSchema;
  readonly outputSchema: PinSchema;
  /** Full sink pin names with at least one inbound link, each once, in the order of the graph's links. */
  readonly linkedPins: readonly string[];
  /** Those of `linkedPins` that a static link feeds. */
  readonly staticPins: readonly string[];
  /** Of constants and linked pins; short paths first, so that `a_#_b` is there before `a_#_b_#_c` is put into it. */
  readonly foldedPins: readonly FoldedPin[];
};

/** A link that can fire, with the node it leads to. */
export type CompiledLink = GraphLink & { readonly sink: CompiledNode };

export type CompiledGraph = {
  /** In the order of the graph's `nodes`. */
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  /** Outgoing links by source node, in the order of the graph's `links`: deliveries are made in this order. */
  readonly linksFrom: ReadonlyMap<string, readonly CompiledLink[]>;
  readonly settings: GraphSettings;
};

/** Total for a definition that `validateGraph` accepted. Throws `TreelineError` `invalid_graph` for a block that is no longer registered. */
export function compileGraph(definition: GraphDefinition, blocks: BlockCatalog): CompiledGraph {
  const inbound = new Map<string, GraphLink[]>(definition.nodes.map((node) => [node.id, []]));
  for (const link of definition.links) inbound.get(link.sinkId)?.push(link);
  const nodes = new Map<string, CompiledNode>();
  for (const node of definition.nodes) {
    const block = blocks.get(node.blockId);
    if (!block) throw new TreelineError("invalid_graph", `unknown block ${node.blockId} of node "${node.id}"`);
    nodes.set(node.id, compileNode(node, block, own(definition.nested, node.id) ?? null, inbound.get(node.id) ?? []));
  }
  return { nodes, linksFrom: compileLinks(definition.links, nodes), settings: definition.settings };
}

function compileNode(
  node: GraphNode,
  block: BlockDefinition,
  nested: NestedGraph | null,
  inbound: readonly GraphLink[],
): CompiledNode {
  const { inputSchema, outputSchema } = nested ?? block;
  const linkedPins = [...new Set(inbound.map((link) => link.sinkName))];
  const staticPins = [...new Set(inbound.filter((link) => link.isStatic).map((link) => link.sinkName))];
  const foldedPins = foldedAmong(new Set([...Object.keys(node.constants), ...linkedPins]));
  return { node, block, nested, inputSchema, outputSchema, linkedPins, staticPins, foldedPins };
}

function foldedAmong(pins: ReadonlySet<string>): FoldedPin[] {
  const folded: FoldedPin[] = [];
  for (const pin of pins) {
    const parsed = parsePin(pin);
    if (!parsed || parsed.steps.length === 0 || parsed.steps.some((step) => step.by !== "key")) continue;
    folded.push({ pin, path: [parsed.base, ...parsed.steps.map((step) => step.token)] });
  }
  return folded.sort((a, b) => a.path.length - b.path.length);
}

/** A link into a note never fires: notes are comments. */
function compileLinks(links: readonly GraphLink[], nodes: CompiledGraph["nodes"]): CompiledGraph["linksFrom"] {
  const linksFrom = new Map<string, CompiledLink[]>();
  for (const link of links) {
    const sink = nodes.get(link.sinkId);
    if (!sink) throw new TreelineError("invalid_graph", `a link leads to node "${link.sinkId}", which is not there`);
    if (sink.block.role === "note") continue;
    const siblings = linksFrom.get(link.sourceId) ?? [];
    siblings.push({ ...link, sink });
    linksFrom.set(link.sourceId, siblings);
  }
  return linksFrom;
}
