import type { GraphNode } from "./definition";
import type { PinSchema } from "./json";

/** A nested graph that runs as a tree of its own: its node starts it, and is done with that. */
export function isDetached({ lifecycle }: GraphNode): boolean {
  return lifecycle === "detached";
}

/** What a detached nested graph's node emits in place of the graph's outputs; besides, `error` where it cannot be started. */
export const detachedOutputs: PinSchema = {
  type: "object",
  properties: { executionId: { type: "string", format: "uuid", description: "The execution that was started." } },
  required: ["executionId"],
};
