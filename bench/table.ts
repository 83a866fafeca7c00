import type { Expectation, Named } from "./cases";
import { isRate, metrics, ratiosOf, type Metric } from "./figures";
import type { Measured } from "./turns";

const words = {
  p50Ms: "p50 alone",
  p95Ms: "p95 alone",
  executionsPerSecond: "executions/s",
  nodesPerSecond: "nodes/s",
  quiescedMs: "quiesced p50",
  quiescedMaxMs: "quiesced max",
  closedMs: "closed p50",
  closedMaxMs: "closed max",
  fencedMs: "fenced p50",
  fencedMaxMs: "fenced max",
  answeredMs: "answered p50",
  eventP50Ms: "event p50",
  eventP99Ms: "event p99",
} as const satisfies Record<Metric, string>;

const columns = ["case", "measured", "Treeline", "raw Temporal", "ratio", "expected"] as const;
const widths = [12, 14, 11, 14, 15, 0] as const;

export function tableHead(): string {
  return line(columns);
}

/** A line for each metric; the case is named on the first, the expectations stand beside their metric. */
export function tableRows(one: Named, { treeline, rawTemporal }: Measured): string {
  const ratios = ratiosOf(treeline, rawTemporal);
  const measured = metrics.filter((metric) => treeline[metric] !== undefined);
  const rows = measured.map((metric, index) => {
    const ratio = ratios[metric];
    return line([
      index === 0 ? one.name : "",
      words[metric],
      amount(metric, treeline[metric]),
      amount(metric, rawTemporal[metric]),
      ratio === undefined ? "" : `${round(ratio)} × ${isRate(metric) ? "rate" : "sooner"}`,
      one.expected
        .filter((expectation) => expectation.metric === metric)
        .map((expectation) => verdict(expectation, { treeline, rawTemporal }))
        .join("; "),
    ]);
  });
  return [...rows, `  ${one.about}`].join("\n");
}

/** One line of `--json`. `ratio` is of the case's first metric, `ratios` has all; above 1 Treeline is the better one. */
export function jsonLine(one: Named, measured: Measured): string {
  const ratios = ratiosOf(measured.treeline, measured.rawTemporal);
  const [first] = metrics.filter((metric) => ratios[metric] !== undefined);
  const expected = one.expected.map((expectation) => ({ ...expectation, met: isMet(expectation, measured) }));
  const object = { case: one.name, ...measured, ratio: first ? ratios[first] : null, ratios, expected };
  return JSON.stringify(object, (_key, value: unknown) =>
    typeof value === "number" ? Number(value.toFixed(3)) : value,
  );
}

function isMet(expectation: Expectation, { treeline, rawTemporal }: Measured): boolean {
  const figures = expectation.of === "ratio" ? ratiosOf(treeline, rawTemporal) : treeline;
  const value = figures[expectation.metric];
  if (value === undefined) return false;
  return "atLeast" in expectation ? value >= expectation.atLeast : value < expectation.below;
}

function verdict(expectation: Expectation, measured: Measured): string {
  const { metric, of } = expectation;
  const bound =
    "atLeast" in expectation ? (["at least", expectation.atLeast] as const) : (["below", expectation.below] as const);
  const wanted = of === "ratio" ? `${bound[1]} ×` : amount(metric, bound[1]);
  return `${bound[0]} ${wanted}: ${isMet(expectation, measured) ? "met" : "not met"}`;
}

function amount(metric: Metric, value: number | undefined): string {
  if (value === undefined) return "";
  return isRate(metric) ? `${round(value)}/s` : `${round(value)} ms`;
}

/** Three digits are more than a repetition confirms. */
function round(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString("en");
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("  ")
    .trimEnd();
}
