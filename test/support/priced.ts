import { randomUUID } from "node:crypto";
import type { InlineBlock, RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { Cost } from "../../graph/cost";
import type { GraphNode } from "../../graph/definition";

const schemas = {
  description: "",
  inputSchema: pins({ in: optional(any, null, "") }),
  outputSchema: pins({ out: emitted(any, "") }),
};

/** Blocks that emit their input and cost something: one inline, one as an activity, which reports its input as used. */
export function createPriced(cost: Cost = [{ per: "run", credits: 1 }]) {
  const inline: InlineBlock = {
    definition: define({ ...schemas, id: randomUUID(), name: "PricedInline", placement: "inline", cost }),
    run: ({ in: value = null }) => [{ pin: "out", value }],
  };
  const remote: RemoteBlock = {
    definition: define({ ...schemas, id: randomUUID(), name: "PricedRemote", placement: "remote", cost }),
    run: ({ in: value = null }, { use }) => {
      if (typeof value === "number") use({ units: value });
      return Promise.resolve([{ pin: "out", value }]);
    },
  };
  const place =
    (block: InlineBlock | RemoteBlock) =>
    (id: string, constants: GraphNode["constants"] = {}): GraphNode => ({
      id,
      blockId: block.definition.id,
      constants,
    });
  return { blocks: [inline, remote] as const, inline: place(inline), remote: place(remote) };
}
