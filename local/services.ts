import type { Config } from "../config/env";
import { claimDataDir } from "./data-folder";
import type { Claim } from "./data-folder";
import { startPostgres } from "./postgres";
import { startGuard } from "./server";
import type { Guard, Server } from "./server";

export type PostgresService = { readonly databaseUrl: string; stop(): Promise<void> };

/** Postgres alone, for what needs no Temporal. */
export async function startDatabase(config: Config, report: (line: string) => void): Promise<PostgresService> {
  const claim = await claimDataDir(config.dataDir, report);
  const guard = startGuard();
  const { dataDir, postgresPort: port } = config;
  try {
    const { url, server } = await startPostgres({
      dataDir,
      port,
      report,
      guard,
      started: record(claim, "Postgres", "SIGINT"),
    });
    return { databaseUrl: url, stop: () => stopAll([server], guard, claim) };
  } catch (error) {
    guard.close();
    claim.release();
    throw error;
  }
}

function record(claim: Claim, name: string, stopSignal: "SIGINT" | "SIGTERM"): (server: Server) => void {
  return (server) => claim.record({ server: { name, stopSignal, ...server.mark } });
}

async function stopAll(servers: readonly Server[], guard: Guard, claim: Claim): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
  guard.close();
  claim.release();
}
