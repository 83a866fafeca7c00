import type { Database } from "./client";

/** How many roots may be begun at a time; null: any number. */
export type Places = { readonly perOwner: number | null; readonly perGraph: number | null };

export const noLimit: Places = { perOwner: null, perGraph: null };

export function isLimited({ perOwner, perGraph }: Places): boolean {
  return perOwner !== null || perGraph !== null;
}

/** Gives free places to the QUEUED roots that wait (db/functions/admit-roots.sql); their outbox rows are due at once. */
export async function admitRoots(db: Database, { perOwner, perGraph }: Places): Promise<number> {
  const { rows } = await db.pool.query<{ admitted: number }>({
    name: "admit_roots",
    text: "select admit_roots($1, $2) as admitted",
    values: [perOwner, perGraph],
  });
  return rows[0]?.admitted ?? 0;
}
