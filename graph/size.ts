import type { Json } from "./json";
import { largeFrom } from "./large";

/**
 * Whether a value surely has at most so many bytes of JSON: told without writing it, which takes longer than all else that is
 * done with a small value. false: it may have more, is nested deep, or holds what is not data (a reference to a large value);
 * its JSON tells.
 */
export function fitsSurely(value: Json, bytes: number): boolean {
  return roomLeft(value, bytes, deepest) >= 0;
}

/** Beyond some 4,000 levels a value has no JSON: writing it overflows the stack. So it fits only where that is far. */
const deepest = 500;

/** A character takes 6 bytes at most, a number 24; each has a comma. */
function roomLeft(value: unknown, room: number, levels: number): number {
  switch (typeof value) {
    case "string":
      return roomAfter(value, room);
    case "number":
    case "boolean":
      return room - 25;
    case "object":
      if (value === null) return room - 5;
      if (levels === 0) return -Infinity;
      if (Array.isArray(value)) return roomBeside(value, room - 3, levels - 1);
      return isPlain(value) ? roomAmong(value as Readonly<Record<string, unknown>>, room - 3, levels - 1) : -Infinity;
    default:
      return -Infinity;
  }
}

/** Shorter ones are counted by their longest. */
const longText = 1_024;

function roomAfter(text: string, room: number): number {
  const left = room - 6 * text.length - 3;
  if (left >= 0 || text.length < longText || text.length > room) return left;
  return room - jsonSize(text).bytes - 1;
}

type JsonSize = { readonly characters: number; readonly bytes: number };

let last: { readonly text: string; readonly size: JsonSize } = { text: "", size: { characters: 2, bytes: 2 } };

/** Of a text's JSON. On its way through a node one and the same text is asked for five times, so the last one is remembered. */
export function jsonSize(text: string): JsonSize {
  if (last.text === text) return last.size;
  const json = JSON.stringify(text);
  const size = { characters: json.length, bytes: Buffer.byteLength(json) };
  if (text.length <= largeFrom) last = { text, size };
  return size;
}

function roomBeside(items: readonly unknown[], room: number, levels: number): number {
  let left = room;
  for (const item of items) {
    left = roomLeft(item, left, levels);
    if (left < 0) break;
  }
  return left;
}

function roomAmong(object: Readonly<Record<string, unknown>>, room: number, levels: number): number {
  let left = room;
  for (const key of Object.keys(object)) {
    left = roomLeft(object[key], left - 6 * key.length - 4, levels);
    if (left < 0) break;
  }
  return left;
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}
