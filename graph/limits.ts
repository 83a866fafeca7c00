import type { Limits } from "./definition";
import { parseDuration } from "./durations";

/** Limits that hold where neither the start nor the graph sets one. Per execution, tree or node as API.md says. */
export const defaultLimits = {
  /** Of the tree: a root has depth 0. */
  depth: 32,
  /** Of one execution. */
  children: 1_000,
  /** Of the tree. */
  executions: 10_000,
  /** Of the tree. */
  nodeExecutions: 100_000,
  /** Of one node in one execution. */
  iterations: 10_000,
  runTime: "24h",
} as const satisfies Required<Limits>;

export type ResolvedLimits = {
  readonly depth: number;
  readonly children: number;
  readonly executions: number;
  readonly nodeExecutions: number;
  readonly iterations: number;
  readonly runTimeMs: number;
};

/** The start wins over the graph, the graph over the defaults. Throws `invalid_request` for a `runTime` that is no duration. */
export function resolveLimits(ofGraph: Limits = {}, ofStart: Limits = {}): ResolvedLimits {
  const { runTime, ...counts } = { ...defaultLimits, ...given(ofGraph), ...given(ofStart) };
  return { ...counts, runTimeMs: parseDuration(runTime) };
}

/** Keys whose value is undefined would hide what stands under them. */
function given(limits: Limits): { [Key in keyof Limits]: Exclude<Limits[Key], undefined> } {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
