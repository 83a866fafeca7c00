import type { Config } from "../config/env";
import { claimDataDir } from "./data-folder";
import type { Ready } from "./data-folder";
import { joinPostgres, joinTemporal } from "./outside";
import { startPostgres } from "./postgres";
import { startGuard } from "./server";
import type { Server } from "./server";
import { startTemporal } from "./temporal";
import { findTemporalCli } from "./temporal-cli";

type Report = (line: string) => void;

/** Postgres and Temporal, as the environment names them or embedded. */
export type Services = {
  readonly databaseUrl: string;
  /** For LISTEN. */
  readonly databaseDirectUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  /** Whether Temporal's record is new, so that open executions have to begin again from Postgres. */
  readonly temporalFresh: boolean;
  /** Called once they have. */
  temporalSettled(): void;
  /** Tells other programs (the CLI, the quickstart) where everything answers. */
  announce(ready: Ready): void;
  stop(): Promise<void>;
};

/**
 * Takes the data folder and starts what the environment does not name. Throws, with the remedy, and leaves nothing running, if
 * anything cannot start.
 */
export async function startServices(config: Config, report: Report): Promise<Services> {
  const host = await openHost(config, report);
  try {
    // one after the other: at once they only slow each other down on two cores
    const databaseUrl = config.databaseUrl === null ? await host.postgres() : await joinPostgres(config.databaseUrl);
    const temporal =
      config.temporalAddress === null
        ? await host.temporal()
        : await joinTemporal(config.temporalAddress, config.temporalUiUrl);
    return {
      databaseUrl,
      databaseDirectUrl: (config.databaseUrl && config.databaseDirectUrl) ?? databaseUrl,
      temporalAddress: temporal.address,
      temporalUiUrl: temporal.uiUrl,
      temporalFresh: temporal.fresh,
      temporalSettled: () => temporal.settled(),
      announce: host.announce,
      stop: host.stop,
    };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

/** Postgres alone, always embedded: for tests that need no Temporal. */
export async function startDatabase(config: Config, report: Report): Promise<{ url: string; stop(): Promise<void> }> {
  const host = await openHost(config, report);
  try {
    return { url: await host.postgres(), stop: host.stop };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

/** The data folder, taken for this process, and what runs in it. */
async function openHost(config: Config, report: Report) {
  const { dataDir } = config;
  const claim = await claimDataDir(dataDir, report);
  const guard = startGuard();
  const servers: Server[] = [];
  const started = (name: string, stopSignal: "SIGINT" | "SIGTERM") => (server: Server) => {
    servers.push(server);
    claim.addServer({ name, stopSignal, ...server.mark });
  };
  return {
    async postgres() {
      const { postgresPort: port } = config;
      return (await startPostgres({ dataDir, port, report, guard, started: started("Postgres", "SIGINT") })).url;
    },
    async temporal() {
      const cli = await findTemporalCli(config, report);
      const { temporalPort: port, temporalNamespace: namespace } = config;
      return startTemporal({ cli, dataDir, namespace, port, report, guard, started: started("Temporal", "SIGTERM") });
    },
    announce: claim.announce,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      guard.close();
      claim.release();
    },
  };
}
