import {
  boolean,
  define,
  emitted,
  integer,
  list,
  listOf,
  nullable,
  object,
  oneOf,
  optional,
  pins,
  required,
  text,
} from "../pins";

export const databaseTypes = ["postgres", "mysql", "mssql"] as const;

export const sqlQuery = define({
  id: "4dc35c0f-4fd8-465e-9616-5a216f1ba2bc",
  name: "SQLQuery",
  description: "Runs one statement in a database, by default one that only reads.",
  placement: "remote",
  sensitive: true,
  inputSchema: pins({
    database_type: optional(oneOf(...databaseTypes), "postgres", "The kind of database; only postgres is there yet."),
    host: required({ ...text, secret: true }, "The server's name or address; private ones are refused."),
    port: optional(nullable(integer), null, "Its port; null: the usual one."),
    database: required(text, "The database's name."),
    query: required(text, "The statement."),
    read_only: optional(boolean, true, "Only SELECT or WITH, in a transaction that is rolled back."),
    timeout: optional(integer, 30, "Seconds it may take, 1 to 120."),
    max_rows: optional(integer, 1000, "How many rows are emitted at most, 1 to 10,000."),
    credentials: required(object, "A reference to a user and a password."),
  }),
  outputSchema: pins({
    results: emitted(listOf(object), "The rows, each an object by column."),
    columns: emitted(list, "The names of the columns."),
    row_count: emitted(integer, "How many rows are emitted."),
    truncated: emitted(boolean, "Whether there are more."),
    affected_rows: emitted(integer, "How many rows a statement that writes has changed."),
  }),
});
