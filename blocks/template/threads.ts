import { once } from "node:events";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { isObject } from "../../graph/json";
import { templateError } from "./parse";
import type { TemplateJob } from "./render";
import type { ThreadAnswer } from "./thread";
import { createTurns } from "./turns";

const heapMb = 256;

/** Renders off the main thread. Rejects with the signal's reason when that aborts, else with a `BlockFailure`. */
export type RenderAside = (job: TemplateJob, signal: AbortSignal) => Promise<string>;

/**
 * Threads for templates, at most one for each core and none before the first job. A thread that was aborted, or went over its
 * time (10 s for the rendering itself) or its memory, is terminated; the others are kept, and keep no process alive.
 */
export function createTemplateThreads({ limitMs = 10_000 } = {}): RenderAside {
  const idle: Worker[] = [];
  const takeTurn = createTurns(availableParallelism());

  return async (job, signal) => {
    const endTurn = await takeTurn(signal);
    try {
      const thread = idle.pop() ?? (await startThread(signal));
      const answer = await ask(thread, job, signal, limitMs);
      idle.push(thread);
      if ("failure" in answer) throw templateError(answer.failure);
      return answer.text;
    } finally {
      endTurn();
    }
  };
}

async function startThread(signal: AbortSignal): Promise<Worker> {
  const entry = join(__dirname, `thread${extname(__filename)}`);
  const options = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: heapMb } };
  const thread = entry.endsWith(".ts")
    ? new Worker(compileAndRun(entry), { ...options, eval: true })
    : new Worker(entry, options);
  try {
    await once(thread, "message", { signal }); // it is ready
    return thread;
  } catch (error) {
    await thread.terminate();
    signal.throwIfAborted();
    throw error;
  }
}

/** Run from source (tsx, jest) a thread inherits no compiler, so it loads tsx itself; in dist/ there is nothing to compile. */
function compileAndRun(entry: string): string {
  const tsx = createRequire(__filename).resolve("tsx/cjs/api");
  return `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(entry)});`;
}

/** Whatever keeps a thread from its answer ends it. */
async function ask(thread: Worker, job: TemplateJob, signal: AbortSignal, limitMs: number): Promise<ThreadAnswer> {
  const limit = AbortSignal.timeout(limitMs);
  thread.ref();
  try {
    thread.postMessage(job);
    const said = await once(thread, "message", { signal: AbortSignal.any([signal, limit]) });
    thread.unref();
    return said[0] as ThreadAnswer;
  } catch (error) {
    await thread.terminate();
    signal.throwIfAborted();
    if (limit.aborted) throw templateError(`the template took over ${limitMs / 1000} s`);
    throw isOutOfMemory(error) ? templateError(`the template took over ${heapMb} MB`) : error;
  }
}

function isOutOfMemory(error: unknown): boolean {
  return isObject(error) && error["code"] === "ERR_WORKER_OUT_OF_MEMORY";
}
