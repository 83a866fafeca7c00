import type { Block, InlineBlock, RemoteBlock, ReviewBlock, StreamBlock, WaitBlock } from "../blocks/block";

/** TypeScript does not narrow a union by a nested field; these do. */
export function isInline(block: Block | undefined): block is InlineBlock {
  return block?.definition.placement === "inline";
}

export function isRemote(block: Block | undefined): block is RemoteBlock {
  return block?.definition.placement === "remote" && "run" in block;
}

export function isWait(block: Block | undefined): block is WaitBlock {
  return block !== undefined && "plan" in block;
}

export function isReview(block: Block | undefined): block is ReviewBlock {
  return block !== undefined && "ask" in block;
}

export function isStream(block: Block | undefined): block is StreamBlock {
  return block !== undefined && "stream" in block;
}
