/**
 * A float as Python's `float()` reads it: white space around it, a sign, single underscores between digits, an exponent,
 * "inf", "infinity" and "nan" in any case. `null`: the text is no number ("0x10", "1,000", "").
 */
export function parseFloatText(text: string): number | null {
  const found = floatText.exec(text.trim());
  if (!found) return null;
  const [, sign, digits, word] = found;
  const size =
    digits === undefined ? (word?.toLowerCase() === "nan" ? NaN : Infinity) : Number(digits.replaceAll("_", ""));
  return sign === "-" ? -size : size;
}

const run = String.raw`\d+(?:_\d+)*`;
const floatText = new RegExp(
  String.raw`^([+-]?)(?:((?:${run}(?:\.(?:${run})?)?|\.${run})(?:e[+-]?${run})?)|(inf|infinity|nan))$`,
  "i",
);

/** Half to even, as Python's `round`: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2. NaN and the infinities have no rounding: NaN. */
export function roundHalfToEven(value: number): number {
  if (!Number.isFinite(value)) return NaN;
  const below = Math.floor(value);
  const rest = value - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (up ? below + 1 : below) + 0; // + 0 turns -0 into 0
}

/** What stands for a number in JSON: itself, or the text "Infinity", "-Infinity" or "NaN". */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
