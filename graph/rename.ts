import { agentExecutorBlockId } from "./block";
import type { GraphDraft, GraphNode } from "./definition";
import { isObject } from "./json";
import type { Json, JsonObject } from "./json";
import { parseToolPin, toolPin } from "./pins";

type Names = ReadonlyMap<string, string>;

/** A draft with new ids for the nodes of all its graphs, wherever they are named: links, tool pins, masks of nested graphs. */
export function renameNodes(draft: GraphDraft, mintNodeId: () => string): GraphDraft {
  const all = [draft, ...(draft.subGraphs ?? [])];
  const names = all.map(({ nodes }): Names => new Map(nodes.map(({ id }) => [id, mintNodeId()])));
  const byGraph = new Map(all.map(({ id }, i) => [id, names[i]]));
  const [main, ...subGraphs] = all.map((one, i) => renamed(one, names[i] ?? new Map(), byGraph));
  return { ...draft, ...main, subGraphs };
}

function renamed(
  draft: GraphDraft,
  names: Names,
  byGraph: ReadonlyMap<string | undefined, Names | undefined>,
): GraphDraft {
  const nameFor = (id: string) => names.get(id) ?? id;
  const nodes = draft.nodes.map((node) => {
    const { graphId } = node.constants;
    const isNested = node.blockId === agentExecutorBlockId && typeof graphId === "string";
    const nested = isNested ? byGraph.get(graphId) : undefined;
    return { ...(nested ? withMasksOf(node, nested) : node), id: nameFor(node.id) };
  });
  const links = draft.links.map((link) => {
    const tool = parseToolPin(link.sourceName); // its tool is the id of a node, or in old files any name
    return {
      ...link,
      sourceId: nameFor(link.sourceId),
      sinkId: nameFor(link.sinkId),
      sourceName: tool ? toolPin(nameFor(tool.tool), tool.field) : link.sourceName,
    };
  });
  return { ...draft, nodes, links };
}

function withMasksOf(node: GraphNode, names: Names): GraphNode {
  const rename = (masks: Json | undefined): JsonObject | null =>
    isObject(masks) ? Object.fromEntries(Object.entries(masks).map(([id, mask]) => [names.get(id) ?? id, mask])) : null;
  const [constant, own] = [rename(node.constants.masks), rename(node.masks)];
  return {
    ...node,
    ...(constant ? { constants: { ...node.constants, masks: constant } } : {}),
    ...(own ? { masks: own } : {}),
  };
}
