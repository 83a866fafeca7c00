import { z } from "zod";
import type { AppDeps } from "../deps";
import { route, type Route } from "../route";

const block = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    placement: z.enum(["inline", "remote", "child", "wait"]),
    inputSchema: z.looseObject({ type: z.literal("object") }),
    outputSchema: z.looseObject({ type: z.literal("object") }),
    sensitive: z.boolean().meta({ description: "With the graph's safe mode on people are asked before it runs." }),
    cost: z
      .array(
        z.strictObject({
          per: z.string().meta({
            description:
              "`run`, `second`, `byte` of its inputs, `item` it emits, `token`, or a unit that the block reports.",
          }),
          credits: z.number(),
          each: z.number().optional().meta({ description: "How many of the unit the credits are for; absent: 1." }),
          estimate: z.number().optional().meta({ description: "How many of the unit a start reserves of a budget." }),
        }),
      )
      .meta({ description: "The parts are summed up and rounded up to whole credits. Empty: free." }),
  })
  .meta({ id: "Block" });

export function blockRoutes({ catalog }: Pick<AppDeps, "catalog">): Route[] {
  const blocks = [...catalog.values()].map(
    ({ id, name, description, placement, inputSchema, outputSchema, errorPin, sensitive = false, cost }) => {
      const properties = errorPin
        ? { ...outputSchema.properties, error: { type: "string", description: "Why it failed." } }
        : outputSchema.properties;
      const schemas = { inputSchema, outputSchema: { ...outputSchema, properties } };
      return { id, name, description, placement, ...schemas, sensitive, cost: [...cost] };
    },
  );
  return [
    route({
      method: "get",
      path: "/v1/blocks",
      name: "listBlocks",
      summary: "The kinds of node there are",
      answers: { 200: { description: "All blocks.", schema: z.strictObject({ blocks: z.array(block) }) } },
      errors: [],
      handle: () => Promise.resolve({ status: 200, body: { blocks } }),
    }),
  ];
}
