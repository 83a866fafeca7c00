import { z } from "zod";
import { readDuration } from "../graph/durations";
import { TreelineError } from "../graph/errors";

/** Most executions, node executions or graphs in one answer. */
const pageSizes = { default: 50, max: 200 } as const;

const waitMaxMs = 120_000;

export const pageSize = z.coerce.number().int().min(1).max(pageSizes.max).default(pageSizes.default);
export const cursor = z.string().max(500).optional();
export const flag = z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" });

/** How long to wait for the end: "0s" to "120s". */
export const wait = z
  .string()
  .refine((text) => (readDuration(text) ?? Infinity) <= waitMaxMs, 'must be a duration from "0s" to "120s"')
  .optional();

export function waitMs(text: string | undefined): number {
  return text === undefined ? 0 : (readDuration(text) ?? 0);
}

/** A parameter that may be repeated, or hold a comma list. */
export function list<Item extends z.ZodType>(item: Item) {
  return z
    .preprocess(
      (given) => (Array.isArray(given) ? given : [given]).flatMap((text) => String(text).split(",")),
      z.array(item),
    )
    .optional();
}

/** A parameter that may be repeated; a comma is part of its text. */
export function repeated<Item extends z.ZodType>(item: Item) {
  return z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item)).optional();
}

/** Cursors are opaque to clients, so that what they hold may change. */
function encodeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Throws `invalid_request` for a text that `encodeCursor` did not make. */
export function decodeCursor<Place extends z.ZodType>(text: string, place: Place): z.output<Place> {
  try {
    return place.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    const fault = { pointer: "/query/cursor", detail: "must be the nextCursor of an earlier answer" };
    throw new TreelineError("invalid_request", `cursor ${fault.detail}`, [fault]);
  }
}

/** Place in a list that is ordered by creation: time and id. */
export const createdPlace = z
  .tuple([z.iso.datetime(), z.uuid()])
  .transform(([createdAt, id]) => ({ createdAt: new Date(createdAt), id }));

/** `items` holds one more than `limit` where there is a next page. */
export function page<Item>(items: readonly Item[], limit: number, place: (last: Item) => readonly (string | number)[]) {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { shown, nextCursor: last !== undefined && items.length > limit ? encodeCursor(place(last)) : null };
}
