import { TreelineError } from "./errors";
import type { Fault } from "./errors";

const units = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const unitMs = [86_400_000, 3_600_000, 60_000, 1_000, 1];

/** What a duration is written like, for messages. */
export const durationForm = 'a duration such as "500ms", "15s", "10m", "1h30m" or "7d"';

/** Milliseconds; null for a text that is no duration: whole numbers with units d, h, m, s, ms, each at most once, in this order. */
export function readDuration(text: string): number | null {
  const match = units.exec(text);
  if (!match) return null;
  const ms = unitMs.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** Milliseconds. Throws `TreelineError` `invalid_request` for a text that is no duration. */
export function parseDuration(text: string): number {
  const ms = readDuration(text);
  if (ms === null) throw new TreelineError("invalid_request", `"${text.slice(0, 64)}" is not ${durationForm}`);
  return ms;
}

/** For a setting that may be absent and has to be longer than nothing. */
export function durationFaults(pointer: string, text: string | undefined): Fault[] {
  if (text === undefined || (readDuration(text) ?? 0) > 0) return [];
  return [{ pointer, detail: `must be ${durationForm}, longer than 0` }];
}
