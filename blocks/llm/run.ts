import type { Block } from "../block";
import type { RenderAside } from "../template/threads";
import { orchestrator } from "./orchestrator";
import { listGenerator, structuredResponseGenerator } from "./structured";
import { textSummarizer } from "./summarizer";
import { conversation, textGenerator } from "./text";
import { condition } from "./condition";

export function llmBlocks(render: RenderAside): readonly Block[] {
  return [
    textGenerator(render),
    structuredResponseGenerator(render),
    ...[conversation, textSummarizer, listGenerator, condition],
    orchestrator(render),
  ];
}
