import type { Json } from "../graph/json";
import type { Database } from "./client";

/** The first answer to a request. */
export type RecordedAnswer = { readonly status: number; readonly location: string | null; readonly body: Json };

export type KeyUse = { readonly ownerId: string; readonly route: string; readonly key: string };

export type Claim = {
  /** Whether this request is the first with its key. */
  readonly first: boolean;
  /** Of the first request with it. */
  readonly bodyHash: string;
  /** null while the first request has not been answered. */
  readonly answer: RecordedAnswer | null;
  readonly claimedAt: Date;
  /** Since the claim, by the clock of Postgres. */
  readonly ageMs: number;
};

/** Takes the key for this request, or tells what the first request with it came to. A key is free again after 24 h. */
export async function claimKey(db: Database, use: KeyUse, bodyHash: string): Promise<Claim> {
  const values = [use.ownerId, use.route, use.key];
  const { rows } = await db.pool.query<{ claimedAt: Date }>(
    `insert into idempotency_keys as k (owner_id, route, key, body_hash) values ($1, $2, $3, $4)
       on conflict (owner_id, route, key) do update set body_hash = excluded.body_hash, response = null, created_at = excluded.created_at
         where k.created_at < now() - interval '24 hours'
     returning created_at as "claimedAt"`,
    [...values, bodyHash],
  );
  const [claimed] = rows;
  if (claimed) return { first: true, bodyHash, answer: null, claimedAt: claimed.claimedAt, ageMs: 0 };
  const earlier = await db.pool.query<Omit<Claim, "first">>(
    `select body_hash as "bodyHash", response as answer, created_at as "claimedAt",
        (extract(epoch from now() - created_at) * 1000)::float8 as "ageMs"
       from idempotency_keys where owner_id = $1 and route = $2 and key = $3`,
    values,
  );
  const [found] = earlier.rows;
  // Between the two statements the first request failed and gave its key back: now it is ours to take.
  return found ? { ...found, first: false } : await claimKey(db, use, bodyHash);
}

export async function recordAnswer(db: Database, use: KeyUse, answer: RecordedAnswer): Promise<void> {
  await db.pool.query(
    "update idempotency_keys set response = $4 where owner_id = $1 and route = $2 and key = $3 and response is null",
    [use.ownerId, use.route, use.key, JSON.stringify(answer)],
  );
}

/** For a request that made nothing: the same key may be tried again. */
export async function releaseKey(db: Database, use: KeyUse): Promise<void> {
  await db.pool.query(
    "delete from idempotency_keys where owner_id = $1 and route = $2 and key = $3 and response is null",
    [use.ownerId, use.route, use.key],
  );
}

/** Deletes keys that no request can meet any more. */
export async function forgetOldKeys(db: Database): Promise<void> {
  await db.pool.query("delete from idempotency_keys where created_at < now() - interval '24 hours'");
}
