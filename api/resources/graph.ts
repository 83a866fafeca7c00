import { z } from "zod";
import type { GraphSummary, SavedGraph } from "../../db/graphs";
import { graphRequest } from "../../graph/schema";

const pins = z.looseObject({
  type: z.literal("object"),
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()),
});

const fault = z.strictObject({ pointer: z.string(), detail: z.string() });

export const graphSummary = z
  .strictObject({
    id: z.uuid(),
    version: z.int().min(1),
    name: z.string(),
    description: z.string(),
    inputSchema: pins,
    outputSchema: pins,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "GraphSummary" });

const graphVersion = graphSummary.extend({
  nodes: graphRequest.shape.nodes,
  links: graphRequest.shape.links,
  settings: graphRequest.shape.settings.unwrap(),
});

export const graph = graphVersion
  .extend({ subGraphs: z.array(graphVersion).meta({ description: "The nested graphs that were saved with it." }) })
  .meta({ id: "Graph" });

export const importedGraph = graph
  .extend({
    warnings: z.array(fault).meta({ description: "What works but should be looked at." }),
  })
  .meta({ id: "ImportedGraph" });

const nestedFile = z.looseObject({
  name: z.string(),
  nodes: z.array(z.looseObject({ id: z.string(), block_id: z.string() })),
  links: z.array(z.looseObject({ source_id: z.string(), sink_id: z.string() })),
});

export const exportFile = nestedFile
  .extend({
    sub_graphs: z.array(nestedFile),
    removed: z.array(fault).meta({ description: "What was left out because it is secret." }),
  })
  .meta({ id: "ExportFile" });

export function toGraphSummary(saved: GraphSummary) {
  const { id, version, name, description, inputSchema, outputSchema } = saved;
  return { id, version, name, description, inputSchema, outputSchema, createdAt: saved.createdAt.toISOString() };
}

function toGraphVersion(saved: SavedGraph) {
  const { nodes, links, settings } = saved.definition;
  return { ...toGraphSummary(saved), nodes, links, settings };
}

export function toGraph(saved: SavedGraph, subGraphs: readonly SavedGraph[]) {
  return { ...toGraphVersion(saved), subGraphs: subGraphs.map(toGraphVersion) };
}
