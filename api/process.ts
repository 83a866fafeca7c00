import { once } from "node:events";
import type { Server } from "node:http";
import { isIPv6, type AddressInfo } from "node:net";
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from "@temporalio/client";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { catalog as builtIn } from "../blocks/catalog";
import type { Config } from "../config/env";
import { readPrices } from "../config/prices";
import { connect } from "../db/client";
import { forgetOldKeys } from "../db/idempotency";
import { createWaker } from "../db/wake";
import type { BlockCatalog } from "../graph/block";
import { priceBlocks } from "../graph/prices";
import { createApp } from "./app";
import { createDispatcher, type Dispatcher } from "./dispatcher";
import { createEndedListener } from "./ended";
import { createLiveEvents } from "./live-events";
import { measureOrphans } from "./orphan-metrics";
import { checkReadiness } from "./readiness";
import { startRetention } from "./retention";

export type ApiOptions = {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly databaseDirectUrl: string;
  readonly temporalAddress: string;
  /** Temporal's Web UI, for links; null: there is none. */
  readonly temporalUiUrl: string | null;
  /** A worker's, on its own connection: starts through it are eager. Without one the API connects itself. */
  readonly client?: Client;
  /** Every block that the workers run; the built-in ones unless said. */
  readonly catalog?: BlockCatalog;
  /** A fence that a caller asked for is committed; tests let the process die there. */
  readonly reached?: (point: "after-fence") => void;
  readonly log: Logger;
};

export type ApiProcess = {
  readonly url: string;
  /** Accepts nothing more, gives running requests 5 s, closes its connections. */
  stop(): Promise<void>;
};

/**
 * Of stops: none of the 20 that all other requests share, which may all be busy when somebody pulls the plug. A fence that
 * waits for longer than 2 s takes a second one, to end whoever holds its tree.
 */
const stopConnections = 8;
const finishWithinMs = 5_000;
const forgetKeysEveryMs = 3_600_000;

/** Serves the API with its dispatcher on `config.host` and `config.port` (0: a free one). Throws where Postgres is away; Temporal may be. */
export async function startApi(options: ApiOptions): Promise<ApiProcess> {
  const opened: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return { url: await open(options, opened), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Answers the URL; `opened` gets what closes each part, in the order of opening. */
async function open(options: ApiOptions, opened: (() => unknown)[]): Promise<string> {
  const { config, databaseDirectUrl, log } = options;
  const db = connect(options.databaseUrl);
  opened.push(() => db.close());
  const stopDb = connect(options.databaseUrl, { max: stopConnections, keepsIdle: true });
  opened.push(() => stopDb.close());
  const client = options.client ?? connectTemporal(options, opened);
  const ended = await createEndedListener(db, databaseDirectUrl);
  opened.push(() => ended.close());
  const events = await createLiveEvents(db, databaseDirectUrl, log);
  opened.push(() => events.close());
  const places = { perOwner: config.rootsPerOwner, perGraph: config.rootsPerGraph };
  const dispatcher = await createDispatcher({
    db,
    places,
    databaseDirectUrl,
    client,
    taskQueue: config.taskQueue,
    eager: options.client !== undefined,
    wake: createWaker(db),
    reached: options.reached,
    log,
  });
  // A connection that closes under a call takes the process down with it: every start is waited for.
  const starting = new Set<Promise<void>>();
  const startNow: Dispatcher["startNow"] = async (id, facts) => {
    const start = dispatcher.startNow(id, facts).finally(() => starting.delete(start));
    starting.add(start);
    await start;
  };
  opened.push(() => Promise.all([dispatcher.close(), ...starting]));
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  measureOrphans(metrics, db);
  const stopping = new AbortController();
  const app = createApp({
    db,
    stopDb,
    catalog: priceBlocks(options.catalog ?? builtIn, readPrices(config)),
    places,
    dispatcher: { ...dispatcher, startNow },
    ended,
    events,
    checkReadiness: () => checkReadiness({ db, client, taskQueue: config.taskQueue }),
    config,
    uiUrl: options.temporalUiUrl,
    metrics,
    log,
    stopping: stopping.signal,
  });
  const server = app.listen(config.port, config.host);
  await once(server, "listening"); // rejects on the event `error`: the port is taken
  opened.push(() => closeServer(server));
  opened.push(() => stopping.abort());
  const forgetting = setInterval(() => {
    forgetOldKeys(db).catch((err: unknown) => log.warn({ err }, "old idempotency keys stay for now"));
  }, forgetKeysEveryMs);
  opened.push(() => clearInterval(forgetting));
  opened.push(startRetention(db, { endedMs: config.keepEndedMs, eventsMs: config.keepEventsMs }, log));
  return urlOf(server);
}

/**
 * Lazy: while Temporal is away starts and stops are recorded all the same. Few retries: the outbox is tried again anyway, and
 * the client's own ten would hold up the process's end for 20 s.
 */
function connectTemporal({ config, temporalAddress }: ApiOptions, opened: (() => unknown)[]): Client {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 3 }));
  const connection = Connection.lazy({ address: temporalAddress, interceptors: [retry] });
  opened.push(() => connection.close());
  return new Client({ connection, namespace: config.temporalNamespace });
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const late = setTimeout(() => server.closeAllConnections(), finishWithinMs);
  await closed;
  clearTimeout(late);
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  if (address === "0.0.0.0" || address === "::") return `http://localhost:${port}`;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
