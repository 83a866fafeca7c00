/** One part of what a block costs: `credits` for each `each` of a unit. */
export type Rate = {
  /**
   * What is counted: `run`, `second` (of its code), `byte` (of its inputs' values as JSON), `item` (a value it emits), `token` (in and
   * out), or any unit that the block reports by `use`, such as the `cost` that a provider names.
   */
  readonly per: string;
  readonly credits: number;
  /** How many of the unit `credits` are for. Absent: 1. */
  readonly each?: number;
  /** How many of the unit a run is taken to need when it starts, for the budget. Absent: 1 of `run`, 0 of others. */
  readonly estimate?: number;
};

/** Nothing: it is free. */
export type Cost = readonly Rate[];

/** How many of each unit. */
export type Amounts = { readonly [unit: string]: number };

/** No single charge is larger: sums of a tree's charges stay whole numbers that JSON carries exactly. */
const largest = 1_000_000_000;

/** Whole credits: the parts are summed up, then rounded up. What is no amount (negative, infinite) counts as none. */
export function chargeOf(cost: Cost, amounts: Amounts): number {
  const parts = cost.map(({ per, credits, each = 1 }) => (amountOf(amounts, per) * credits) / each);
  const sum = parts.reduce((all, part) => all + part, 0);
  // Thirds of a credit do not add up exactly; a billionth more is not a credit more.
  return Math.max(0, Math.min(largest, Math.ceil(sum - 1e-9)));
}

/** What a start reserves of the budget: at least 1 credit of what is not free. */
export function estimateOf(cost: Cost): number {
  if (cost.length === 0) return 0;
  const amounts = cost.map(({ per, estimate }) => [per, estimate ?? (per === "run" ? 1 : 0)] as const);
  return Math.max(1, chargeOf(cost, Object.fromEntries(amounts)));
}

function amountOf(amounts: Amounts, unit: string): number {
  const given = unit === "token" && !Object.hasOwn(amounts, unit) ? tokens(amounts) : (amounts[unit] ?? 0);
  return Number.isFinite(given) && given > 0 ? given : 0;
}

function tokens({ inputTokens = 0, outputTokens = 0 }: Amounts): number {
  return inputTokens + outputTokens;
}
