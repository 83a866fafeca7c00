import { join } from "node:path";
import type { Emission } from "../../graph/definition";
import { BlockFailure } from "../block";
import type { InlineBlock, Inputs } from "../block";
import { createThreads } from "../threads/pool";

export type LargeJob = { readonly blockId: string; readonly inputs: Inputs };

/**
 * Pure blocks as they are, but that what runs as an activity for its size runs in a thread, 60 s at most: 15 MB of XML or of
 * escapes take seconds, in which a worker would hear of no stop.
 */
export function runLargeAside(blocks: readonly InlineBlock[]): InlineBlock[] {
  const runAside = createThreads<LargeJob, Emission[]>({
    entry: join(__dirname, "thread"),
    limitMs: 60_000,
    heapMb: 1024,
    overrun: (limit) => new BlockFailure("too_large", `the inputs are too large: they took over ${limit}`),
  });
  return blocks.map((block) => ({
    ...block,
    runRemote: (inputs, { signal }) => runAside({ blockId: block.definition.id, inputs }, signal),
  }));
}
