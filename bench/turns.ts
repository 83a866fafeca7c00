import type { Figures } from "./figures";
import type { Side } from "./workload";

export const names = ["treeline", "rawTemporal"] as const;

export type Sides = { readonly [name in (typeof names)[number]]: Side };
export type Measured = { readonly [name in (typeof names)[number]]: Figures };

/** The sides take turns, and the one that begins changes: what disturbs the machine disturbs both. */
export function inTurn(turn: number): readonly (typeof names)[number][] {
  return turn % 2 === 0 ? names : names.toReversed();
}
