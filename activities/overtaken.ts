import { backOff } from "exponential-backoff";

/** Another step of the same execution was written first: what was planned on the state before it does not hold. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** Each refusal means that another step went through. Where 24 processes record for one execution, 50 were not enough. */
const pace = { startingDelay: 1, timeMultiple: 2, maxDelay: 50, jitter: "full", numOfAttempts: 1_000 } as const;

/** Plans, and plans again on what the record says by then, while others come first. */
export function replan<T>(plan: () => Promise<T>): Promise<T> {
  return backOff(plan, { ...pace, retry: (error) => error instanceof Overtaken });
}
