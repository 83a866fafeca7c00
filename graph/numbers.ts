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

/** What stands for a number in JSON: itself, or the text "Infinity", "-Infinity" or "NaN". */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
