import { Connection } from "@temporalio/client";
import { Client } from "pg";
import type { RunningTemporal } from "./temporal";

/** The Postgres that DATABASE_URL names. Throws, with the remedy but not the password, if it does not answer. */
export async function joinPostgres(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return url;
  } catch (cause) {
    const { host, pathname } = new URL(url);
    throw new Error(
      `DATABASE_URL: no Postgres lets us in at ${host}${pathname}: start or correct it, or unset the variable`,
      {
        cause,
      },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The cluster that TEMPORAL_ADDRESS names. Throws, with the remedy, if it does not answer. */
export async function joinTemporal(address: string, uiUrl: string | null): Promise<RunningTemporal> {
  try {
    await (await Connection.connect({ address, connectTimeout: "10s" })).close();
    return { address, uiUrl, fresh: false, settled: () => undefined };
  } catch (cause) {
    throw new Error(`TEMPORAL_ADDRESS: no Temporal answers at ${address}: start it, or unset the variable`, { cause });
  }
}
