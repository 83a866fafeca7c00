import type { ToolPin } from "../blocks/block";
import type { CompiledGraph } from "../graph/compile";
import { own } from "../graph/json";
import { parsePin } from "../graph/pins";

/** The pins that links from a node's pin `tools` lead to; old files write the sink into the name: `tools_^_{tool}_~_{pin}`. */
export function toolPinsOf(graph: CompiledGraph, nodeId: string): ToolPin[] {
  const links = graph.linksFrom.get(nodeId) ?? [];
  return links
    .filter(({ sourceName }) => sourceName === "tools" || sourceName.startsWith("tools_^_"))
    .map(({ sink: { node, block, inputSchema }, sinkName }) => {
      const base = parsePin(sinkName)?.base ?? sinkName;
      const { description = "", ...schema } = own(inputSchema.properties, base) ?? {};
      const named = node.label ?? node.constants["agent_name"];
      return {
        sinkId: node.id,
        sinkPin: sinkName,
        name: typeof named === "string" && named !== "" ? named : block.name,
        description: block.description,
        // A dynamic pin is one entry of a list or an object: anything may be put there.
        schema: { ...(base === sinkName ? schema : {}), description },
        required: base !== sinkName || inputSchema.required.includes(base),
      };
    });
}
