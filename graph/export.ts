import type { BlockCatalog } from "./block";
import type { GraphNode, NestedGraph } from "./definition";
import type { Fault } from "./errors";
import { own } from "./json";
import type { JsonObject } from "./json";
import { parsePin } from "./pins";
import { pointerTo } from "./pointer";
import type { RegisteredGraph } from "./register";

export type SavedGraph = Omit<RegisteredGraph, "content">;

export type Export = {
  /** JSON. */
  readonly file: { readonly [key: string]: unknown };
  /** What was left out because it is secret; pointers into the file. */
  readonly removed: readonly Fault[];
};

/**
 * A graph as an AutoGPT export file. `subGraphs` are the graphs it runs at any depth, each once, as `nestedGraphs` names them.
 * Credentials, constants of pins that a block marks secret and values of secret inputs are left out.
 */
export function exportGraph(graph: SavedGraph, subGraphs: readonly SavedGraph[], blocks: BlockCatalog): Export {
  const removed = [graph, ...subGraphs].flatMap(({ definition }, g) =>
    definition.nodes.flatMap((node, i) => {
      const pointer = `${g === 0 ? "" : `/sub_graphs/${g - 1}`}/nodes/${i}/input_default`;
      return secretPins(node, blocks).map((pin) => ({
        pointer: pointer + pointerTo([pin]),
        detail: "left out: secret",
      }));
    }),
  );
  const file = { ...fileGraph(graph, blocks), user_id: "", sub_graphs: subGraphs.map((sub) => fileGraph(sub, blocks)) };
  return { file, removed };
}

function fileGraph({ definition, inputSchema, outputSchema, ...graph }: SavedGraph, blocks: BlockCatalog) {
  const { nodes, links, settings, nested } = definition;
  return {
    id: graph.id,
    version: graph.version,
    is_active: true,
    name: graph.name,
    description: graph.description,
    nodes: nodes.map((node) => fileNode(node, own(nested, node.id), secretPins(node, blocks))),
    links: links.map((link, i) => ({
      id: link.id ?? `link-${i + 1}`,
      source_id: link.sourceId,
      source_name: link.sourceName,
      sink_id: link.sinkId,
      sink_name: link.sinkName,
      is_static: link.isStatic,
    })),
    input_schema: inputSchema,
    output_schema: outputSchema,
    ...(Object.keys(settings).length > 0 ? { treeline: { settings } } : {}),
  };
}

function fileNode(node: GraphNode, nested: NestedGraph | undefined, secrets: readonly string[]) {
  const { retry, timeout, ordered } = node;
  const ours = Object.entries({ retry, timeout, ordered }).filter(([, value]) => value !== undefined);
  const shown = Object.entries(node.constants).filter(([pin]) => !secrets.includes(pin));
  const constants = Object.fromEntries(shown);
  return {
    id: node.id,
    block_id: node.blockId,
    input_default: nested ? nestedConstants(constants, nested) : constants,
    metadata: {
      ...node.metadata,
      ...(node.position ? { position: node.position } : {}),
      ...(node.label === undefined ? {} : { customized_name: node.label }),
    },
    ...(ours.length > 0 ? { treeline: Object.fromEntries(ours) } : {}),
  };
}

function nestedConstants({ graphId, graphVersion, masks, ...others }: JsonObject, nested: NestedGraph) {
  return {
    user_id: "",
    graph_id: graphId,
    graph_version: graphVersion,
    inputs: {},
    ...others,
    input_schema: nested.inputSchema,
    output_schema: nested.outputSchema,
    ...(masks === undefined ? {} : { nodes_input_masks: masks }),
  };
}

const credentials = /^(.+_)?credentials$/;

function secretPins({ blockId, constants }: GraphNode, blocks: BlockCatalog): string[] {
  const block = blocks.get(blockId);
  return Object.keys(constants).filter((pin) => {
    const base = parsePin(pin)?.base ?? pin;
    const isSecret = own(block?.inputSchema.properties ?? {}, base)?.secret === true;
    return (
      isSecret || credentials.test(base) || (block?.role === "input" && constants.secret === true && base === "value")
    );
  });
}
