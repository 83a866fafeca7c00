import type { DateTime } from "luxon";

const pad = (value: number, length = 2) => String(value).padStart(length, "0");
const padWithSpace = (value: number) => String(value).padStart(2, " ");

/** Weeks since the first given weekday of the year; the days before it are week 0. `first`: 0 Sunday, 1 Monday. */
function weekOfYear(at: DateTime, first: 0 | 1): number {
  const weekday = (at.weekday - first + 7) % 7;
  return Math.floor((at.ordinal - 1 + 7 - weekday) / 7);
}

/** As in the C locale. */
const codes: { readonly [code: string]: (at: DateTime) => string } = {
  a: (at) => at.toFormat("ccc"),
  A: (at) => at.toFormat("cccc"),
  b: (at) => at.toFormat("LLL"),
  B: (at) => at.toFormat("LLLL"),
  c: (at) => strftime(at, "%a %b %e %H:%M:%S %Y"),
  C: (at) => pad(Math.floor(at.year / 100)),
  d: (at) => pad(at.day),
  D: (at) => strftime(at, "%m/%d/%y"),
  e: (at) => padWithSpace(at.day),
  f: (at) => pad(at.millisecond * 1000, 6),
  F: (at) => strftime(at, "%Y-%m-%d"),
  g: (at) => pad(at.weekYear % 100),
  G: (at) => String(at.weekYear),
  h: (at) => at.toFormat("LLL"),
  H: (at) => pad(at.hour),
  I: (at) => pad(at.hour % 12 || 12),
  j: (at) => pad(at.ordinal, 3),
  k: (at) => padWithSpace(at.hour),
  l: (at) => padWithSpace(at.hour % 12 || 12),
  m: (at) => pad(at.month),
  M: (at) => pad(at.minute),
  n: () => "\n",
  p: (at) => (at.hour < 12 ? "AM" : "PM"),
  P: (at) => (at.hour < 12 ? "am" : "pm"),
  r: (at) => strftime(at, "%I:%M:%S %p"),
  R: (at) => strftime(at, "%H:%M"),
  s: (at) => String(Math.floor(at.toSeconds())),
  S: (at) => pad(at.second),
  t: () => "\t",
  T: (at) => strftime(at, "%H:%M:%S"),
  u: (at) => String(at.weekday),
  U: (at) => pad(weekOfYear(at, 0)),
  V: (at) => pad(at.weekNumber),
  w: (at) => String(at.weekday % 7),
  W: (at) => pad(weekOfYear(at, 1)),
  x: (at) => strftime(at, "%m/%d/%y"),
  X: (at) => strftime(at, "%H:%M:%S"),
  y: (at) => pad(at.year % 100),
  Y: (at) => String(at.year),
  z: (at) => at.toFormat("ZZZ"),
  Z: (at) => at.offsetNameShort ?? "",
  "%": () => "%",
};

/** Python's `strftime` codes; `%-d` leaves the padding out, and a code that is none stays as it stands. */
export function strftime(at: DateTime, format: string): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (written: string, dash: string, code: string) => {
    const value = Object.hasOwn(codes, code) ? codes[code]?.(at) : undefined;
    if (value === undefined) return written;
    return dash === "" ? value : value.replace(/^[0 ]+(?=\d)/, "");
  });
}
