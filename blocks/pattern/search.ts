import { compileBacktracking } from "./backtracking";
import type { Compile } from "./compile";

export type SearchJob = {
  readonly text: string;
  readonly pattern: string;
  readonly fold: boolean;
  readonly dotAll: boolean;
  /** Whose text is wanted; 0: the whole match. */
  readonly group: number;
  /** How many matches at most. */
  readonly limit: number;
};

/**
 * The texts of a group in the matches of a pattern of Python's `re`, in order; none if there is no such group. Matches in
 * which the group took no part are left out. Throws `BlockFailure` `pattern_error` for what cannot run.
 */
export function search(job: SearchJob, compile: Compile): string[] {
  const { pattern, linear } = compile(job);
  if (job.group < 0 || job.group > pattern.groups) return [];
  const found: string[] = [];
  let matches = 0;
  if (linear) {
    const matcher = linear.matcher(job.text);
    while (matches < job.limit && matcher.find()) {
      matches += 1;
      const text = matcher.group(job.group);
      if (text !== null) found.push(text);
    }
    return found;
  }
  for (const match of job.text.matchAll(compileBacktracking(pattern))) {
    const text = job.group === 0 ? match[0] : match.groups?.[`g${job.group}`];
    if (text !== undefined) found.push(text);
    matches += 1;
    if (matches === job.limit) break;
  }
  return found;
}

/** Steps of RE2 that take a quarter of a second at worst: 120 ns each where many alternatives are alive. */
const maxSteps = 2_000_000;

/** RE2 takes 3 ms to compile a wide class in which case does not count. */
const maxLength = { fold: 200, other: 1000 };

/**
 * Whether a search takes no time that matters; each match may look at the whole text once more. Throws `BlockFailure`
 * `pattern_error` for a pattern that cannot be parsed.
 */
export function searchesInline(job: SearchJob, compile: Compile): boolean {
  if (job.pattern.length > (job.fold ? maxLength.fold : maxLength.other)) return false;
  const { linear } = compile(job);
  if (!linear) return false;
  return linear.programSize() * job.text.length * Math.min(job.limit, job.text.length + 1) <= maxSteps;
}
