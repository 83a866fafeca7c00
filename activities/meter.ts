import type { Usage } from "../blocks/block";

export type Meter = ReturnType<typeof createMeter>;

/** What one attempt of a node uses: what its block reports, and the seconds since it began. */
export function createMeter() {
  const began = performance.now();
  const reported = new Map<string, number>();
  return {
    add(usage: Usage): void {
      for (const [unit, amount] of Object.entries(usage)) reported.set(unit, (reported.get(unit) ?? 0) + amount);
    },
    /** null: nothing. */
    reported: (): Usage | null => (reported.size > 0 ? Object.fromEntries(reported) : null),
    all: (): Usage => ({ second: (performance.now() - began) / 1_000, ...Object.fromEntries(reported) }),
  };
}
