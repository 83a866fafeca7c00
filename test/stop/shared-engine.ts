import type { Block } from "../../blocks/block";
import { startEngine, type Engine } from "../support/engine";

/** One engine for all tests of a `describe`: they tell their executions apart by id, and leave nothing running. */
export function shareEngine(blocks: readonly Block[]): () => Engine {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await startEngine({ blocks });
  });
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!engine) throw new Error("the engine has not started");
    return engine;
  };
}
