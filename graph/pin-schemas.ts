import type { BlockCatalog, BlockDefinition, BlockRole } from "./block";
import type { GraphNode } from "./definition";
import { own } from "./json";
import type { Json, JsonObject, JsonSchema, PinSchema } from "./json";

/**
 * The inputs of a graph: a property for each Input node, by the node's `name`, of the type its block emits. Required are those
 * without a default; the default of a secret input is not shown. Of two nodes with one name the later describes it.
 */
export function inputSchemaOf(nodes: readonly GraphNode[], blocks: BlockCatalog): PinSchema {
  return schemaOf(nodes, blocks, "input", (node, block) => ({
    type: typeOfInput(node, block),
    fallback: own(node.constants, "value") ?? own(block.inputSchema.properties, "value")?.default ?? null,
  }));
}

/** The outputs of a graph: a property for each Output node, by the node's `name`. Nodes with one name are merged. */
export function outputSchemaOf(nodes: readonly GraphNode[], blocks: BlockCatalog): PinSchema {
  return schemaOf(nodes, blocks, "output", (node) => ({ type: {}, fallback: own(node.constants, "value") ?? null }));
}

type PinOf = (node: GraphNode, block: BlockDefinition) => { readonly type: JsonSchema; readonly fallback: Json };

function schemaOf(nodes: readonly GraphNode[], blocks: BlockCatalog, role: BlockRole, pinOf: PinOf): PinSchema {
  const properties = new Map<string, JsonSchema>();
  const required = new Set<string>();
  for (const node of nodes) {
    const block = blocks.get(node.blockId);
    const { name } = node.constants;
    if (block?.role !== role || typeof name !== "string") continue;
    const { type, fallback } = pinOf(node, block);
    const description = describe(node.constants, name);
    properties.set(name, {
      ...type,
      ...description,
      ...(fallback === null || description.secret ? {} : { default: fallback }),
    });
    if (fallback === null) required.add(name);
  }
  return { type: "object", properties: Object.fromEntries(properties), required: [...required] };
}

function describe({ title, description, secret, advanced }: JsonObject, name: string) {
  return {
    title: typeof title === "string" ? title : name,
    ...(typeof description === "string" ? { description } : {}),
    secret: secret === true,
    advanced: advanced === true,
  };
}

/** What its block emits, narrowed by the options of a drop-down and the column headers of a table. */
function typeOfInput({ constants }: GraphNode, block: BlockDefinition): JsonSchema {
  const pins = block.inputSchema.properties;
  const options = own(constants, "options");
  const type = withoutTexts(own(block.outputSchema.properties, "result") ?? {});
  if (own(pins, "options") && Array.isArray(options) && options.length > 0) return { ...type, enum: options };
  const headers =
    own(pins, "column_headers") && (own(constants, "column_headers") ?? own(pins, "column_headers")?.default);
  return Array.isArray(headers) ? { type: "array", items: rowOf(headers) } : type;
}

function rowOf(headers: readonly Json[]): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(
      headers.map((header) => [typeof header === "string" ? header : JSON.stringify(header), { type: "string" }]),
    ),
  };
}

function withoutTexts({ title: _title, description: _description, ...type }: JsonSchema): JsonSchema {
  return type;
}
