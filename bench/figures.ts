/** What is measured. Times are of a single run alone; rates are of many callers at once; those of a stop, from its request;
 * those of an event, from its time to its client. */
export const metrics = [
  "p50Ms",
  "p95Ms",
  "executionsPerSecond",
  "nodesPerSecond",
  "quiescedMs",
  "quiescedMaxMs",
  "closedMs",
  "closedMaxMs",
  "fencedMs",
  "fencedMaxMs",
  "answeredMs",
  "eventP50Ms",
  "eventP99Ms",
] as const;
export type Metric = (typeof metrics)[number];

export type Figures = { readonly [metric in Metric]?: number };

export function isRate(metric: Metric): boolean {
  return metric.endsWith("PerSecond");
}

/** How many times better the first is: sooner where it is a time, more where it is a rate. Above 1, it wins. */
function ratioOf(metric: Metric, treeline: number, rawTemporal: number): number {
  return isRate(metric) ? treeline / rawTemporal : rawTemporal / treeline;
}

/** The ratio of each metric that both have, in the order of `metrics`. */
export function ratiosOf(treeline: Figures, rawTemporal: Figures): Figures {
  return Object.fromEntries(
    metrics.flatMap((metric) => {
      const [ours, raw] = [treeline[metric], rawTemporal[metric]];
      return ours === undefined || raw === undefined ? [] : [[metric, ratioOf(metric, ours, raw)]];
    }),
  );
}

/** The value that a share `at` (0 to 1) of the values does not exceed. Throws where there are none. */
export function percentile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(at * sorted.length) - 1)];
  if (value === undefined) throw new Error("no values");
  return value;
}
