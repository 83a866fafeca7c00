import { once } from "node:events";
import type { Client, FieldDef } from "pg";
import { isObject } from "../../graph/json";
import type { Json, JsonObject } from "../../graph/json";
import { BlockFailure, isBlockFailure } from "../block";
import type { Block, BlockContext, Inputs, RemoteBlock } from "../block";
import { invalid, readBoolean, readChoice, readInteger, readText } from "../inputs";
import { jsonNumber } from "../numbers";
import { openConnection } from "./connection";
import type { Server } from "./connection";
import * as definitions from "./definition";

type Answer = { readonly rows: unknown[][]; readonly fields: readonly FieldDef[]; readonly rowCount: number | null };

/** One attempt: a statement that writes may have been carried out. */
const sqlQuery: RemoteBlock = {
  definition: definitions.sqlQuery,
  attempts: 1,
  run: async (inputs, context) => {
    const type = readChoice(inputs, "database_type", definitions.databaseTypes, "postgres");
    if (type !== "postgres") throw new BlockFailure("not_supported", `database_type ${type} is not there yet`);
    const query = readText(inputs, "query").trim().replace(/;\s*$/, "");
    const readOnly = readBoolean(inputs, "read_only", true);
    if (readOnly && !/^(select|with)\b/i.test(withoutComments(query))) {
      throw invalid("query must begin with SELECT or WITH while read_only is set");
    }
    const most = readBetween(inputs, "max_rows", 1000, 10_000);
    const answer = await ask(readServer(inputs, context), context, (client) =>
      readOnly ? read(client, query, most + 1) : write(client, query),
    );
    const columns = answer.fields.map(({ name }) => name);
    const results = answer.rows.slice(0, most).map((row) => toObject(columns, row));
    return [
      { pin: "results", value: results },
      { pin: "columns", value: columns },
      { pin: "row_count", value: results.length },
      { pin: "truncated", value: answer.rows.length > most },
      { pin: "affected_rows", value: readOnly ? 0 : (answer.rowCount ?? 0) },
    ];
  },
};

function readServer(inputs: Inputs, { credential }: BlockContext): Server {
  const login = credential(inputs["credentials"] ?? null);
  if (login.type !== "user_password") throw invalid("credentials must name one of the type user_password");
  return {
    host: readText(inputs, "host"),
    port: readInteger(inputs, "port", 5432),
    database: readText(inputs, "database"),
    user: login.username,
    password: login.password,
    timeoutMs: readBetween(inputs, "timeout", 30, 120) * 1_000,
  };
}

function readBetween(inputs: Inputs, pin: string, fallback: number, most: number): number {
  const value = readInteger(inputs, pin, fallback);
  if (value < 1 || value > most) throw invalid(`${pin} must be 1 to ${most}`);
  return value;
}

/** A cursor reads no more rows than are wanted, and takes nothing but what reads; the transaction cannot write either. */
async function read(client: Client, query: string, rows: number): Promise<Answer> {
  await client.query("begin transaction read only");
  await one(client, `declare treeline no scroll cursor for ${query}`);
  const answer = await one(client, `fetch ${rows} from treeline`);
  await client.query("rollback");
  return answer;
}

const write = (client: Client, query: string): Promise<Answer> => one(client, query);

/** By the extended protocol, in which a text is one statement; a second one in it is refused by the server. */
async function one(client: Client, text: string): Promise<Answer> {
  return client.query<unknown[]>({ text, rowMode: "array", queryMode: "extended" } as {
    text: string;
    rowMode: "array";
  });
}

type Run = (client: Client) => Promise<Answer>;

/** A stop is not waited for: the connection is cleared away behind it. */
async function ask(server: Server, context: BlockContext, run: Run): Promise<Answer> {
  const { signal } = context;
  signal.throwIfAborted();
  const answered = new AbortController();
  const stopped = once(signal, "abort", { signal: answered.signal }).then(() => Promise.reject(signal.reason));
  try {
    return await Promise.race([askUntilEnded(server, context, run), stopped]);
  } catch (error) {
    signal.throwIfAborted();
    throw isBlockFailure(error) ? error : toFailure(error);
  } finally {
    answered.abort();
  }
}

async function askUntilEnded(server: Server, context: BlockContext, run: Run): Promise<Answer> {
  const { signal, log } = context;
  const { client, kill } = await openConnection(server, context);
  const end = () =>
    void kill().catch((err: unknown) => log.warn({ err }, "a stopped query was not ended in its database"));
  signal.addEventListener("abort", end, { once: true });
  try {
    signal.throwIfAborted();
    return await run(client);
  } finally {
    signal.removeEventListener("abort", end);
    await client.end();
  }
}

/** SQLSTATEs of what the author can mend; the rest is the connection's or the server's. */
function toFailure(error: unknown): BlockFailure {
  const code = isObject(error) || error instanceof Error ? (error as { code?: unknown }).code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (code === "57014") return new BlockFailure("query_timeout", "the query took longer than its timeout");
  if (code === "28P01" || code === "28000") return new BlockFailure("database_auth", message);
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !/^(08|53|57)/.test(code)) {
    return new BlockFailure("query_failed", message);
  }
  return new BlockFailure(
    "database_unavailable",
    `the database did not answer: ${typeof code === "string" ? code : message}`,
  );
}

function withoutComments(query: string): string {
  return query.replace(/^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, "");
}

/** Two columns of one name: the last one stays. */
function toObject(columns: readonly string[], row: readonly unknown[]): JsonObject {
  return Object.fromEntries(columns.map((name, i) => [name, toJson(row[i])]));
}

/** What the driver makes of a value: times as ISO 8601, bytes as base64; whole numbers over 32 bits and decimals are texts. */
function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return jsonNumber(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (!isObject(value)) return null; // the driver makes no functions and symbols
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

export const sqlBlocks: readonly Block[] = [sqlQuery];
