import { createHash } from "node:crypto";
import type { ExecutionId } from "../graph/ids";
import type { Json, JsonObject } from "../graph/json";
import { asValue, isLarge, Large, largeFrom, type LargeKind } from "../graph/large";
import { fitsSurely } from "../graph/size";
import type { Database } from "./client";
import { isUnknownKey } from "./errors";

/** Content type of a large value: its JSON. */
const valueType = "application/json";

/** Characters of a large value that its reference shows. */
const previewLength = 200;

/** The same value, or what stands for it if it is large. Nothing is written: see `saveLarge`. */
export function enclose(ownerId: string, value: Json): Json {
  if (fitsSurely(value, largeFrom) || isLarge(value)) return value;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= largeFrom) return value;
  const kind: LargeKind = typeof value === "string" ? "string" : Array.isArray(value) ? "array" : "object";
  const preview = (typeof value === "string" ? value : text).slice(0, previewLength);
  return asValue(new Large({ id: blobId(ownerId, valueType, text), bytes, kind, preview }, value));
}

/** Values by pin. The same object where none is large. */
export function encloseEach(ownerId: string, values: JsonObject): JsonObject {
  if (fitsSurely(values, largeFrom)) return values;
  const entries = Object.entries(values).map(([pin, value]): [string, Json] => [pin, enclose(ownerId, value)]);
  return entries.some(([pin, value]) => value !== values[pin]) ? Object.fromEntries(entries) : values;
}

/** By owner, type and content: the same is stored once, and nobody learns what another owner has. A UUID of version 8. */
function blobId(ownerId: string, contentType: string, content: string | Uint8Array): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([ownerId, contentType]))
    .update(content)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Stores large values that were made in this process, before the step that refers to them. What is there already is not sent. */
async function saveLarge(db: Database, ownerId: string, larges: readonly Large[]): Promise<void> {
  const made = new Map(larges.filter(({ isNew }) => isNew).map((large) => [large.id, large]));
  if (made.size === 0) return;
  const kept = await keep(db, [...made.keys()]);
  for (const [id, { content }] of made) {
    if (!kept.has(id)) await insertBlob(db, { id, ownerId, contentType: valueType }, JSON.stringify(content));
  }
}

/**
 * Stores what a step refers to, then writes the step. Where a deletion has come between, which the key of `blob_uses` notices,
 * both once more.
 */
export async function writeWith<T>(
  db: Database,
  ownerId: string,
  larges: readonly Large[],
  write: () => Promise<T>,
): Promise<T> {
  await saveLarge(db, ownerId, larges);
  try {
    return await write();
  } catch (error) {
    if (!isUnknownKey(error) || !larges.some(({ isNew }) => isNew)) throw error;
    await saveLarge(db, ownerId, larges);
    return await write();
  }
}

/** Which of them are there; those are not deleted for a day. */
async function keep(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.pool.query<{ id: string }>({
    name: "keep_blobs",
    text: "update blobs set kept_at = clock_timestamp() where id = any ($1::uuid[]) returning id",
    values: [ids],
  });
  return new Set(rows.map(({ id }) => id));
}

type BlobFacts = { readonly id: string; readonly ownerId: string; readonly contentType: string };

async function insertBlob(
  db: Database,
  { id, ownerId, contentType }: BlobFacts,
  content: string | Uint8Array,
): Promise<void> {
  await db.pool.query({
    name: "insert_blob",
    text: `insert into blobs (id, owner_id, content_type, bytes, kept_at) values ($1, $2, $3, $4, clock_timestamp())
      on conflict (id) do update set kept_at = excluded.kept_at`,
    values: [id, ownerId, contentType, Buffer.from(content)],
  });
}

/** Fills in what they stand for. Throws where one is gone, which no reference in the record can be. */
export async function loadLarge(db: Database, larges: readonly Large[]): Promise<void> {
  for (const large of larges) {
    if (large.content !== undefined) continue;
    const { rows } = await db.pool.query<{ bytes: Buffer }>({
      name: "load_large",
      text: "select bytes from blobs where id = $1",
      values: [large.id],
    });
    if (!rows[0]) throw new Error(`large value ${large.id} is gone`);
    large.content = JSON.parse(rows[0].bytes.toString("utf8")) as Json;
  }
}

type StoredFile = { readonly id: string; readonly contentType: string; readonly bytes: Buffer };

/** `rootId`: the tree that it is a file of; without one it stays for a day, or until a tree uses it. */
export async function saveFile(
  db: Database,
  ownerId: string,
  { contentType, bytes }: { readonly contentType: string; readonly bytes: Uint8Array },
  rootId: ExecutionId | null,
): Promise<string> {
  const id = blobId(ownerId, contentType, bytes);
  if (!(await keep(db, [id])).has(id)) await insertBlob(db, { id, ownerId, contentType }, bytes);
  if (rootId) await useFile(db, ownerId, id, rootId);
  return id;
}

/** From now on it stays as long as the tree does. */
async function useFile(db: Database, ownerId: string, id: string, rootId: ExecutionId): Promise<void> {
  await db.pool.query({
    name: "use_blob",
    text: `insert into blob_uses (root_id, blob_id) select t.root_id, b.id from trees t, blobs b
      where t.root_id = $1 and b.id = $2 and b.owner_id = $3 on conflict do nothing`,
    values: [rootId, id, ownerId],
  });
}

/** null: the owner has none of this id. Read for a tree, it stays as long as that does. */
export async function readFile(
  db: Database,
  ownerId: string,
  id: string,
  rootId: ExecutionId | null = null,
): Promise<StoredFile | null> {
  if (rootId) await useFile(db, ownerId, id, rootId);
  const { rows } = await db.pool.query<StoredFile>({
    name: "read_file",
    text: `select id, content_type as "contentType", bytes from blobs where id = $1 and owner_id = $2`,
    values: [id, ownerId],
  });
  return rows[0] ?? null;
}
