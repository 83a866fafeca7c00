import { closeBeforeDrop } from "./database";
import { startEngine, type Engine } from "./engine";

/**
 * One engine for all tests of a file or of a `describe`, because to open one takes a second and more. They tell their
 * executions apart by id, and leave nothing running.
 */
export function shareEngine(options: Parameters<typeof startEngine>[0] = {}): () => Engine {
  let engine: Engine | undefined;
  beforeAll(async () => {
    const started = await startEngine(options);
    closeBeforeDrop(() => started[Symbol.asyncDispose]());
    engine = started;
  });
  return () => {
    if (!engine) throw new Error("the engine has not started");
    return engine;
  };
}
