import { parentPort } from "node:worker_threads";
import { isBlockFailure } from "../block";
import type { BlockFailure } from "../block";

/** What a thread says to a job; before the first one it says that it is ready. */
export type ThreadAnswer<Result> =
  { readonly result: Result } | { readonly failure: Pick<BlockFailure, "code" | "message" | "retryable" | "emitted"> };

/** In a thread of a pool: answers every job by `run`. What is no `BlockFailure` ends the thread, and the pool tells. */
export function serve<Job, Result>(run: (job: Job) => Result | Promise<Result>): void {
  const answer = async (job: Job): Promise<ThreadAnswer<Result>> => {
    try {
      return { result: await run(job) };
    } catch (error) {
      if (!isBlockFailure(error)) throw error;
      const { code, message, retryable, emitted } = error;
      return { failure: { code, message, retryable, emitted } };
    }
  };
  parentPort?.on("message", (job: Job) => void answer(job).then((said) => parentPort?.postMessage(said)));
  parentPort?.postMessage("ready");
}
