import type { Emission } from "../../graph/definition";
import { BlockFailure } from "../block";
import { pureBlocks } from "../pure";
import { serve } from "../threads/serve";
import type { LargeJob } from "./threads";

const blocks = new Map(pureBlocks.map((block) => [block.definition.id, block]));

serve(({ blockId, inputs }: LargeJob): Emission[] => {
  const block = blocks.get(blockId);
  if (!block) throw new BlockFailure("unknown_block", `there is no pure block ${blockId}`);
  return [...block.run(inputs)];
});
