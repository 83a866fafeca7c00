import { join } from "node:path";
import { createThreads } from "../threads/pool";
import type { RunAside } from "../threads/pool";
import type { SearchJob } from "./search";
import { patternError } from "./syntax";

export type SearchAside = RunAside<SearchJob, string[]>;

/** Searches off the main thread, 5 s at most. */
export function createPatternThreads({ limitMs = 5000 } = {}): SearchAside {
  return createThreads({
    entry: join(__dirname, "thread"),
    limitMs,
    heapMb: 256,
    overrun: (limit) => patternError(`it took over ${limit}`),
  });
}
