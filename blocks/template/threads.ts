import { join } from "node:path";
import { createThreads } from "../threads/pool";
import type { RunAside } from "../threads/pool";
import { templateError } from "./parse";
import type { TemplateJob } from "./render";

export type RenderAside = RunAside<TemplateJob, string>;

/** Renders off the main thread, 10 s at most. */
export function createTemplateThreads({ limitMs = 10_000 } = {}): RenderAside {
  return createThreads({
    entry: join(__dirname, "thread"),
    limitMs,
    heapMb: 256,
    overrun: (limit) => templateError(`the template took over ${limit}`),
  });
}
