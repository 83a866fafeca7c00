import type { BlockCatalog } from "../graph/block";
import { agentBlocks } from "./agent/run";
import type { Block, BlockRegistry } from "./block";
import { clockBlocks } from "./clock/run";
import { codeBlocks } from "./code/run";
import { llmBlocks } from "./llm/run";
import { createOpenFile } from "./files/open";
import { fileBlocks } from "./files/run";
import { runLargeAside } from "./large/threads";
import { memoryBlocks } from "./memory/run";
import { patternBlocks } from "./pattern/run";
import { createPatternThreads } from "./pattern/threads";
import { pureBlocks } from "./pure";
import { samplingBlocks } from "./sampling/run";
import { spreadsheetBlocks } from "./spreadsheet/run";
import { sqlBlocks } from "./sql/run";
import { createTemplateThreads } from "./template/threads";
import { templateBlocks } from "./text/run";
import { reviewBlocks } from "./review/run";
import { timerBlocks } from "./timer/run";
import { webBlocks } from "./web/run";
import { createDownload } from "./web/send";

/** Treeline's blocks and more: of a plug-in, or stubs of a test. Throws for an id that is there already. */
export function createRegistry(extra: readonly Block[] = []): BlockRegistry {
  const renderAside = createTemplateThreads();
  const openFile = createOpenFile(createDownload());
  const registry = new Map<string, Block>();
  for (const block of [
    ...runLargeAside(pureBlocks),
    ...agentBlocks(renderAside),
    ...templateBlocks(renderAside),
    ...patternBlocks(createPatternThreads()),
    ...timerBlocks,
    ...reviewBlocks,
    ...clockBlocks(),
    ...memoryBlocks,
    ...llmBlocks(renderAside),
    ...codeBlocks(),
    ...sqlBlocks,
    ...samplingBlocks,
    ...spreadsheetBlocks(openFile),
    ...fileBlocks(openFile),
    ...webBlocks(openFile),
    ...extra,
  ]) {
    const { id, name } = block.definition;
    const other = registry.get(id);
    if (other) throw new Error(`blocks ${other.definition.name} and ${name} have the same id: ${id}`);
    registry.set(id, block);
  }
  return registry;
}

/** The definitions of a registry, for the planner and the validator. */
export function catalogOf(registry: BlockRegistry): BlockCatalog {
  return new Map([...registry].map(([id, block]) => [id, block.definition]));
}
