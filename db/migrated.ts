import type { Database } from "./client";
import journal from "./migrations/meta/_journal.json";

const newest = Math.max(...journal.entries.map(({ when }) => when));

/** Whether the database has all migrations of this version. Throws where Postgres does not answer. */
export async function isMigrated(db: Database): Promise<boolean> {
  const { rows } = await db.pool.query<{ known: boolean }>(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as known",
  );
  if (!rows[0]?.known) return false;
  const applied = await db.pool.query<{ newest: number | null }>(
    "select max(created_at)::float8 as newest from drizzle.__drizzle_migrations",
  );
  return (applied.rows[0]?.newest ?? 0) >= newest;
}
