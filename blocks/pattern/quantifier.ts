import type { Token } from "./syntax";

/** `*`, `+`, `?` and `{2,5}`, with `?` behind where it is lazy: all engines write them alike. */
export function quantifier({ min, max, mode }: Extract<Token, { kind: "repeat" }>): string {
  const count = max === min ? `{${min}}` : `{${min},${max === Infinity ? "" : max}}`;
  const sign = new Map([
    ["{0,}", "*"],
    ["{1,}", "+"],
    ["{0,1}", "?"],
  ]);
  return (sign.get(count) ?? count) + (mode === "lazy" ? "?" : "");
}
