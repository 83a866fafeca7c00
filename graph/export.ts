import type { BlockCatalog } from "./block";
import type { GraphNode, NestedGraph } from "./definition";
import type { Fault } from "./errors";
import { own } from "./json";
import type { JsonObject } from "./json";
import { inputSchemaOf } from "./pin-schemas";
import { pointerTo } from "./pointer";
import type { RegisteredGraph } from "./register";
import { withoutSecrets } from "./secrets";

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
  const removed: Fault[] = [];
  const shown = [graph, ...subGraphs].map((one, g) => {
    const { definition } = one;
    const nodes = definition.nodes.map((node, i) => {
      const open = withoutSecrets(node, own(definition.nested, node.id) ?? null, blocks);
      const pointer = `${g === 0 ? "" : `/sub_graphs/${g - 1}`}/nodes/${i}`;
      removed.push(...open.removed.map((path) => ({ pointer: pointer + pointerTo(path), detail: "left out: secret" })));
      return open.node;
    });
    // The schema too is of what is left, as it will be computed again on import.
    return { ...one, definition: { ...definition, nodes }, inputSchema: inputSchemaOf(nodes, blocks) };
  });
  const byVersion = new Map(shown.map((one) => [`${one.id} ${one.version}`, one]));
  const schemasOf = (nested: NestedGraph) => byVersion.get(`${nested.graphId} ${nested.version}`) ?? nested;
  const [main, ...sub_graphs] = shown.map((one) => fileGraph(one, schemasOf));
  return { file: { ...main, user_id: "", sub_graphs }, removed };
}

type SchemasOf = (nested: NestedGraph) => Pick<NestedGraph, "inputSchema" | "outputSchema">;

function fileGraph({ definition, inputSchema, outputSchema, ...graph }: SavedGraph, schemasOf: SchemasOf) {
  const { nodes, links, settings, kept, nested } = definition;
  return {
    ...kept,
    id: graph.id,
    version: graph.version,
    is_active: true,
    name: graph.name,
    description: graph.description,
    nodes: nodes.map((node) => {
      const found = own(nested, node.id);
      return fileNode(node, found ? nestedConstants(node.constants, schemasOf(found)) : node.constants);
    }),
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

function fileNode(
  { retry, timeout, ordered, lifecycle, map, masks, ...node }: GraphNode,
  constants: { readonly [pin: string]: unknown },
) {
  const ours = Object.entries({ retry, timeout, ordered, lifecycle, map, masks }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    id: node.id,
    block_id: node.blockId,
    input_default: constants,
    metadata: {
      ...node.metadata,
      ...(node.position ? { position: node.position } : {}),
      ...(node.label === undefined ? {} : { customized_name: node.label }),
    },
    ...(ours.length > 0 ? { treeline: Object.fromEntries(ours) } : {}),
  };
}

function nestedConstants({ graphId, graphVersion, masks, ...others }: JsonObject, schemas: ReturnType<SchemasOf>) {
  return {
    user_id: "",
    graph_id: graphId,
    graph_version: graphVersion,
    inputs: {},
    ...others,
    input_schema: schemas.inputSchema,
    output_schema: schemas.outputSchema,
    ...(masks === undefined ? {} : { nodes_input_masks: masks }),
  };
}
