export { jsonNumber, parseFloatText } from "../graph/numbers";

/** Half to even, as Python's `round`: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2. NaN and the infinities have no rounding: NaN. */
export function roundHalfToEven(value: number): number {
  if (!Number.isFinite(value)) return NaN;
  const below = Math.floor(value);
  const rest = value - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (up ? below + 1 : below) + 0; // + 0 turns -0 into 0
}
