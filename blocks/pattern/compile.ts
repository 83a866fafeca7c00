import { compileLinear, traitsOf } from "./linear";
import { parsePattern } from "./parse";
import type { SearchJob } from "./search";
import type { Pattern } from "./syntax";

/** `linear` is missing where RE2 cannot run it on this text. */
export type Compiled = { readonly pattern: Pattern; readonly linear: ReturnType<typeof compileLinear> };
export type Compile = (job: SearchJob) => Compiled;

/** RE2 keeps up to 8 MB of states with a pattern. */
const kept = 16;

/** Compiles patterns and keeps the last ones: it takes half a millisecond, and the nodes of a loop all have the same. */
export function createCompiler(): Compile {
  const cache = new Map<string, Compiled>();
  return (job) => {
    const traits = traitsOf(job.text);
    const key = JSON.stringify([job.pattern, job.fold, job.dotAll, traits.ascii, traits.endsInLineBreak]);
    let compiled = cache.get(key);
    if (compiled) cache.delete(key);
    else {
      const pattern = parsePattern(job.pattern, job);
      compiled = { pattern, linear: compileLinear(pattern, traits) };
    }
    cache.set(key, compiled); // the last in order of use
    const [oldest] = cache.keys();
    if (cache.size > kept && oldest !== undefined) cache.delete(oldest);
    return compiled;
  };
}
