import { parentPort } from "node:worker_threads";
import { isBlockFailure } from "../block";
import { render } from "./render";
import type { TemplateJob } from "./render";

/** What a thread says: once that it is ready, then one answer for each job. */
export type ThreadAnswer = { readonly text: string } | { readonly failure: string };

parentPort?.on("message", (job: TemplateJob) => parentPort?.postMessage(answer(job)));
parentPort?.postMessage("ready");

function answer(job: TemplateJob): ThreadAnswer {
  try {
    return { text: render(job) };
  } catch (error) {
    if (isBlockFailure(error)) return { failure: error.message };
    throw error; // ends the thread; the pool tells
  }
}
