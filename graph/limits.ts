import type { Limits } from "./definition";
import { parseDuration } from "./durations";

export type AllLimits = { readonly [Key in keyof Limits]-?: Exclude<Limits[Key], undefined> };

/** Limits that hold where neither the start nor the graph sets one. */
export const defaultLimits = {
  /** Of the tree: a root has depth 0. Counted through detached nested graphs. */
  depth: 32,
  /** Of one execution, detached ones included. */
  children: 1_000,
  /** Of the tree. */
  executions: 10_000,
  /** Of the tree. */
  nodeExecutions: 100_000,
  /** Of one node in one execution. */
  iterations: 10_000,
  runTime: "24h",
} as const satisfies AllLimits;

/** The start wins over the graph, the graph over the defaults, and the operator's maxima over all. */
export function effectiveLimits(ofGraph: Limits = {}, ofStart: Limits = {}, maxima: Limits = {}): AllLimits {
  return lower({ ...defaultLimits, ...given(ofGraph), ...given(ofStart) }, maxima);
}

/**
 * Of an execution that inherits its limits (a nested graph, a detached root): what its own graph's settings lower. `depth`,
 * `executions` and `nodeExecutions` are counted by the tree, and so the root's alone.
 */
export function inheritLimits(inherited: Limits, { children, iterations, runTime }: Limits = {}): AllLimits {
  return lower({ ...defaultLimits, ...given(inherited) }, { children, iterations, runTime });
}

function lower(limits: AllLimits, by: Limits): AllLimits {
  const least = (key: "depth" | "children" | "executions" | "nodeExecutions" | "iterations") =>
    Math.min(limits[key], by[key] ?? Infinity);
  const isShorter = by.runTime !== undefined && runTimeMs(by) < runTimeMs(limits);
  return {
    depth: least("depth"),
    children: least("children"),
    executions: least("executions"),
    nodeExecutions: least("nodeExecutions"),
    iterations: least("iterations"),
    runTime: isShorter ? by.runTime : limits.runTime,
  };
}

/** Longest time from its beginning to its end; no bound where none is set. Throws `invalid_request` for what is no duration. */
export function runTimeMs({ runTime }: Limits): number {
  return runTime === undefined ? Infinity : parseDuration(runTime);
}

/** Keys whose value is undefined would hide what stands under them. */
function given(limits: Limits): Partial<AllLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
