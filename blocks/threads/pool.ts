import { once } from "node:events";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { isObject } from "../../graph/json";
import { BlockFailure } from "../block";
import type { ThreadAnswer } from "./serve";
import { createTurns } from "./turns";

/** Runs a job off the main thread. Rejects with the signal's reason when that aborts, else with a `BlockFailure`. */
export type RunAside<Job, Result> = (job: Job, signal: AbortSignal) => Promise<Result>;

type Options = {
  /** The file that a thread runs, which calls `serve`: absolute, without extension. */
  readonly entry: string;
  readonly limitMs: number;
  readonly heapMb: number;
  /** The failure of a job that took over its time or its memory (`limit`: "10 s"). */
  readonly overrun: (limit: string) => BlockFailure;
};

/**
 * Threads for one kind of job, at most one for each core and none before the first job. A thread that was aborted, or went
 * over its time or its memory, is terminated; the others are kept, and keep no process alive.
 */
export function createThreads<Job, Result>({ entry, limitMs, heapMb, overrun }: Options): RunAside<Job, Result> {
  const idle: Worker[] = [];
  const takeTurn = createTurns(availableParallelism());

  /** Whatever keeps a thread from its answer ends it. */
  async function ask(thread: Worker, job: Job, signal: AbortSignal): Promise<ThreadAnswer<Result>> {
    const limit = AbortSignal.timeout(limitMs);
    thread.ref();
    try {
      thread.postMessage(job);
      const said = await once(thread, "message", { signal: AbortSignal.any([signal, limit]) });
      thread.unref();
      return said[0] as ThreadAnswer<Result>;
    } catch (error) {
      await thread.terminate();
      signal.throwIfAborted();
      if (limit.aborted) throw overrun(`${limitMs / 1000} s`);
      throw isOutOfMemory(error) ? overrun(`${heapMb} MB`) : error;
    }
  }

  return async (job, signal) => {
    const endTurn = await takeTurn(signal);
    try {
      const thread = idle.pop() ?? (await startThread(entry, heapMb, signal));
      const answer = await ask(thread, job, signal);
      idle.push(thread);
      if ("failure" in answer) throw new BlockFailure(answer.failure.code, answer.failure.message, answer.failure);
      return answer.result;
    } finally {
      endTurn();
    }
  };
}

async function startThread(entry: string, heapMb: number, signal: AbortSignal): Promise<Worker> {
  const extension = extname(__filename);
  const options = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: heapMb } };
  const thread =
    extension === ".ts"
      ? new Worker(compileAndRun(entry + extension), { ...options, eval: true })
      : new Worker(entry + extension, options);
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
function compileAndRun(file: string): string {
  const tsx = createRequire(__filename).resolve("tsx/cjs/api");
  return `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(file)});`;
}

function isOutOfMemory(error: unknown): boolean {
  return isObject(error) && error["code"] === "ERR_WORKER_OUT_OF_MEMORY";
}
