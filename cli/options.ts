import { InvalidArgumentError } from "commander";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** Where setTimeout overflows: 24 days. */
const longestMs = 2 ** 31 - 1;

/** Adds one `k=v` of a repeated option: v as JSON if it is that, else as the text it is. */
export function addInput(text: string, sofar: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [name, value] = splitAt(text, "=", 'must be name=value, such as cities=["Oslo"] or who=Ada');
  return withEntry(sofar, name, readJson(value));
}

/** Adds one `k:v` of a repeated option. */
export function addLabel(text: string, sofar: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, value] = splitAt(text, ":", "must be name:value, such as team:blue");
  return withEntry(sofar, name, value);
}

/** Milliseconds of a text such as "15s". */
export function readDuration(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  const ms = match ? Number(match[1]) * units[match[2] as keyof typeof units] : NaN;
  if (!(ms <= longestMs)) throw new InvalidArgumentError('must be a duration such as "500ms", "15s", "10m" or "2h"');
  return ms;
}

export function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) throw new InvalidArgumentError("must be a whole number");
  return count;
}

export function readDepth(text: string): number {
  return text === "0" ? 0 : readCount(text);
}

/** Without a slash at its end, so that paths can follow. */
export function readUrl(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp) throw new InvalidArgumentError("must be a URL such as http://127.0.0.1:8080");
  return text.replace(/\/+$/, "");
}

function splitAt(text: string, separator: string, form: string): [name: string, value: string] {
  const place = text.indexOf(separator);
  if (place < 1) throw new InvalidArgumentError(form);
  return [text.slice(0, place), text.slice(place + 1)];
}

/** A value as JSON if it is that, else as the text it is. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Also for a name such as `__proto__`. */
function withEntry<Value>(sofar: Readonly<Record<string, Value>>, name: string, value: Value): Record<string, Value> {
  return Object.fromEntries([...Object.entries(sofar), [name, value]]);
}
