import type { BlockCatalog, BlockDefinition } from "./block";
import type { GraphDefinition, GraphLink, GraphNode, GraphSettings, NestedGraph } from "./definition";
import type { PinSchema } from "./json";

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
};

export type CompiledGraph = {
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  /** Outgoing links by source node, in the order of the graph's `links`: deliveries are made in this order. */
  readonly linksFrom: ReadonlyMap<string, readonly GraphLink[]>;
  readonly settings: GraphSettings;
};

/** Total for a definition that `validateGraph` accepted. Throws `TreelineError` `invalid_graph` for a block that is no longer registered. */
export function compileGraph(_definition: GraphDefinition, _blocks: BlockCatalog): CompiledGraph {
  throw new Error("being written");
}
