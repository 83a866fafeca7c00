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
    cost: z.number().meta({ description: "Credits for each run." }),
  })
  .meta({ id: "Block" });

export function blockRoutes({ catalog }: Pick<AppDeps, "catalog">): Route[] {
  const blocks = [...catalog.values()].map(
    ({ id, name, description, placement, inputSchema, outputSchema, errorPin, sensitive = false, cost }) => {
      const properties = errorPin
        ? { ...outputSchema.properties, error: { type: "string", description: "Why it failed." } }
        : outputSchema.properties;
      return {
        id,
        name,
        description,
        placement,
        inputSchema,
        outputSchema: { ...outputSchema, properties },
        sensitive,
        cost,
      };
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
