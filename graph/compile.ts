import type { BlockCatalog, BlockDefinition } from "./block";
import { foldedAmong } from "./combine";
import type { FoldedPin } from "./combine";
import type { GraphDefinition, GraphLink, GraphNode, GraphSettings, NestedGraph } from "./definition";
import { detachedOutputs, isDetached } from "./detached";
import { TreelineError } from "./errors";
import { own } from "./json";
import type { JsonObject, PinSchema } from "./json";
import { mapInputs, mapOutputs } from "./map";
import type { PinStep } from "./pins";
import { selectionOf } from "./select";

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
  /** Values by pin that win over what links bring. */
  readonly mask: JsonObject;
  /** Of constants, linked pins and mask. */
  readonly foldedPins: readonly FoldedPin[];
};

/** A link that can fire, with the node it leads to. */
export type CompiledLink = GraphLink & { readonly sink: CompiledNode };

/** What a link takes of one output pin: the steps into its values, none for all. */
export type Route = { readonly link: CompiledLink; readonly steps: readonly PinStep[] };

export type CompiledGraph = {
  /** In the order of the graph's `nodes`. */
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  /** Outgoing links by source node, in the order of the graph's `links`: deliveries are made in this order. */
  readonly linksFrom: ReadonlyMap<string, readonly CompiledLink[]>;
  /** By source node and output pin, of the pins that its block declares. */
  readonly routes: ReadonlyMap<string, ReadonlyMap<string, readonly Route[]>>;
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
  const linksFrom = compileLinks(definition.links, nodes);
  const routes = new Map(
    [...linksFrom].map(([id, links]) => [id, compileRoutes(links, nodes.get(id)?.outputSchema)] as const),
  );
  return { nodes, linksFrom, routes, settings: definition.settings };
}

/** The links that a value of this pin goes along, in the order of the graph's `links`. */
export function routesOf({ routes, linksFrom }: CompiledGraph, nodeId: string, pin: string): readonly Route[] {
  return routes.get(nodeId)?.get(pin) ?? routesAmong(linksFrom.get(nodeId) ?? [], pin);
}

/** A node under the mask of an execution, which wins over the node's own. */
export function maskNode(target: CompiledNode, mask: JsonObject): CompiledNode {
  const { node, linkedPins, inputSchema } = target;
  const both = { ...target.mask, ...mask };
  const pins = [...Object.keys(node.constants), ...linkedPins, ...Object.keys(both)];
  return { ...target, mask: both, foldedPins: foldedAmong(pins, inputSchema.properties) };
}

function compileNode(
  node: GraphNode,
  block: BlockDefinition,
  nested: NestedGraph | null,
  inbound: readonly GraphLink[],
): CompiledNode {
  const { inputSchema, outputSchema } = schemasOf(node, block, nested);
  const linkedPins = [...new Set(inbound.map((link) => link.sinkName))];
  const staticPins = [...new Set(inbound.filter((link) => link.isStatic).map((link) => link.sinkName))];
  const mask = nested ? {} : (node.masks ?? {});
  const pins = [...Object.keys(node.constants), ...linkedPins, ...Object.keys(mask)];
  const foldedPins = foldedAmong(pins, inputSchema.properties);
  return { node, block, nested, inputSchema, outputSchema, linkedPins, staticPins, mask, foldedPins };
}

function schemasOf(
  node: GraphNode,
  block: BlockDefinition,
  nested: NestedGraph | null,
): Pick<CompiledNode, "inputSchema" | "outputSchema"> {
  if (!nested) return block;
  const { inputSchema, outputSchema } = nested;
  if (isDetached(node)) return { inputSchema, outputSchema: detachedOutputs };
  if (node.map) return { inputSchema: mapInputs(inputSchema, node.map), outputSchema: mapOutputs(outputSchema) };
  return nested;
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

function compileRoutes(
  links: readonly CompiledLink[],
  outputSchema?: PinSchema,
): ReadonlyMap<string, readonly Route[]> {
  const pins = new Set([...Object.keys(outputSchema?.properties ?? {}), "error"]);
  return new Map([...pins].map((pin) => [pin, routesAmong(links, pin)]));
}

function routesAmong(links: readonly CompiledLink[], pin: string): readonly Route[] {
  return links.flatMap((link) => {
    const steps = selectionOf(link, pin);
    return steps === null ? [] : [{ link, steps }];
  });
}
