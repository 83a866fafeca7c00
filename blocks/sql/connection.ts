import { lookup } from "node:dns/promises";
import { Client } from "pg";
import type { ClientConfig } from "pg";
import { BlockFailure } from "../block";
import type { BlockContext } from "../block";
import { refusalOf } from "../web/address";

export type Server = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly timeoutMs: number;
};

export type Connection = {
  readonly client: Client;
  /** Ends what the server does for this connection; without it a query goes on when nobody waits for it any more. */
  readonly kill: () => Promise<void>;
};

/**
 * Connects to a public address, and to that very address: the name is looked up once. With TLS if the server has it, as libpq
 * does by default. Throws `BlockFailure` `address_refused` or `database_unavailable`, and what the driver throws.
 */
export async function openConnection(server: Server, context: BlockContext): Promise<Connection> {
  const plain: ClientConfig = {
    host: await addressOf(server.host, context),
    port: server.port,
    database: server.database,
    user: server.user,
    password: server.password,
    connectionTimeoutMillis: Math.min(server.timeoutMs, 10_000),
    statement_timeout: server.timeoutMs,
    application_name: "treeline",
  };
  const [client, config] = await connectWithTls(plain, { rejectUnauthorized: false, servername: server.host });
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const kill = async () => {
    const other = await connect(config);
    await other.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await other.end();
  };
  return { client, kill };
}

async function connectWithTls(plain: ClientConfig, ssl: ClientConfig["ssl"]): Promise<[Client, ClientConfig]> {
  const encrypted = { ...plain, ssl };
  try {
    return [await connect(encrypted), encrypted];
  } catch (error) {
    if (!(error instanceof Error) || !/does not support SSL/.test(error.message)) throw error;
    return [await connect(plain), plain];
  }
}

async function connect(config: ClientConfig): Promise<Client> {
  const client = new Client(config);
  client.on("error", () => undefined); // the query that it breaks reports it
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

async function addressOf(host: string, { allowPrivateAddresses }: BlockContext): Promise<string> {
  const found = await lookup(host, { all: true }).catch(() => {
    throw new BlockFailure("database_unavailable", "the host was not found");
  });
  const refusals = found.map(({ address }) => refusalOf(address)).filter((reason) => reason !== null);
  const [first] = found;
  if (!first) throw new BlockFailure("database_unavailable", "the host was not found");
  if (!allowPrivateAddresses && refusals.length > 0) {
    throw new BlockFailure("address_refused", `the host is not public (${refusals[0]})`);
  }
  return first.address;
}
