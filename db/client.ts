import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { Pool, types } from "pg";
import { createAnnouncer, type Announcer } from "./announcer";
import { fromRecord } from "./marker";
import * as schema from "./schema";

export type Database = Omit<Announcer, "flush"> & {
  readonly pool: Pool;
  readonly orm: NodePgDatabase<typeof schema>;
  close(): Promise<void>;
};

/**
 * Nobody holds a tree for long: a transaction that idles 2 s is ended by Postgres, and a step that waits 3 s for its tree's
 * lock gives up and is tried again by its caller.
 */
const sessionOptions = "-c idle_in_transaction_session_timeout=2s -c lock_timeout=3s";

type PoolOptions = {
  readonly max?: number;
  /** Idle connections are closed after 10 s, or, where the first answer has to be as fast as any, never. */
  readonly keepsIdle?: boolean;
};

/** A pool of at most `max` connections (default 20). Connection faults surface on the query that meets them. */
export function connect(databaseUrl: string, { max = 20, keepsIdle = false }: PoolOptions = {}): Database {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    idleTimeoutMillis: keepsIdle ? 0 : 10_000,
    options: sessionOptions,
    application_name: "treeline",
    types: { getTypeParser: parserOf },
  });
  pool.on("error", () => {}); // an idle connection was cut (restart of Postgres); the pool opens a new one when asked
  const { flush, ...announcer } = createAnnouncer(pool);
  return {
    pool,
    orm: drizzle(pool, { schema }),
    ...announcer,
    async close() {
      await flush();
      await pool.end();
    },
  };
}

/** `json` columns hold values, and so references to large ones; nothing else is parsed in another way than usual. */
const parserOf: typeof types.getTypeParser = (oid: number, format?: unknown) =>
  oid === (types.builtins.JSON as number) && format !== "binary"
    ? fromRecord
    : types.getTypeParser(oid, format as "text");
