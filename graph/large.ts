import type { Json, JsonObject } from "./json";

/** A value with more bytes of JSON is kept once, in a table of its own, and travels as a reference. */
export const largeFrom = 64 * 1024;

/** JSON has no other types that can be large. */
export type LargeKind = "string" | "array" | "object";

type Facts = { readonly id: string; readonly bytes: number; readonly kind: LargeKind; readonly preview: string };

/**
 * Stands for a large value, always for all that a pin has, never for a part of it. It is told from data by its class: what a
 * user writes is never an instance of it, whatever it looks like (db/marker.ts keeps that true in the record).
 */
export class Large {
  readonly id: string;
  /** Of its JSON, in UTF-8. */
  readonly bytes: number;
  readonly kind: LargeKind;
  /** The beginning, to be shown. */
  readonly preview: string;
  /** Made in this process, so the table may lack it. */
  readonly isNew: boolean;
  /** What it stands for, once that is known here. */
  content: Json | undefined;

  constructor({ id, bytes, kind, preview }: Facts, content?: Json) {
    this.id = id;
    this.bytes = bytes;
    this.kind = kind;
    this.preview = preview;
    this.isNew = content !== undefined;
    this.content = content;
  }

  /** Short, so that sizes are those of the reference; the record writes it in another way. */
  toJSON(): string {
    return `${shownAs}${this.id}`;
  }

  facts(): Facts {
    const { id, bytes, kind, preview } = this;
    return { id, bytes, kind, preview };
  }
}

/** How the JSON of a reference begins, and perhaps a user's text too. */
export const shownAs = "$large:";

/** Whoever meets it loads the value, and does again what was done in memory alone. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
  readonly large: Large;

  constructor(large: Large) {
    super("a large value is not loaded");
    this.large = large;
  }
}

export function isLarge(value: unknown): value is Large {
  return typeof value === "object" && value instanceof Large;
}

export function largesAmong(values: readonly Json[]): Large[] {
  const larges: Large[] = [];
  for (const value of values) if (isLarge(value)) larges.push(value);
  return larges;
}

/** A reference where a value is expected: it passes for one wherever nobody looks inside. */
export function asValue(large: Large): Json {
  return large as unknown as Json;
}

/** What a value is, or stands for. Throws `NotLoaded`. */
export function open(value: Json): Json {
  if (!isLarge(value)) return value;
  if (value.content === undefined) throw new NotLoaded(value);
  return value.content;
}

/** The references that `openInputs` opens. */
export function largesIn(inputs: JsonObject, carried: readonly string[] = []): Large[] {
  const larges = largesAmong(Object.values(inputs));
  if (larges.length === 0) return larges;
  return largesAmong(Object.entries(inputs).flatMap(([pin, value]) => (carried.includes(pin) ? [] : [value])));
}

/** Inputs with all that stands for a large value opened, except at the pins that are only handed on. Throws `NotLoaded`. */
export function openInputs(inputs: JsonObject, carried: readonly string[] = []): JsonObject {
  if (largesIn(inputs, carried).length === 0) return inputs;
  const entries = Object.entries(inputs);
  return Object.fromEntries(entries.map(([pin, value]) => [pin, carried.includes(pin) ? value : open(value)]));
}
