import { Client } from "pg";
import type { BlockContext, Inputs } from "../../blocks/block";
import type { Credential } from "../../blocks/credential";
import { testDatabase } from "../support/database";
import { runRemote } from "../unit/blocks/run-block";

/** A database with a table of three rows, and the block that asks it. */
async function setup() {
  const url = new URL((await testDatabase()).url);
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query("create table people (id int primary key, name text, born date, money numeric, extra jsonb)");
  await client.query(
    `insert into people values (1, 'Ada', '1815-12-10', 1.50, '{"a": [1]}'), (2, 'Bob', null, null, null), (3, 'Cy', null, 2, 'null')`,
  );
  const login: Credential = {
    ...{ id: "db", provider: "database", type: "user_password" as const },
    ...{ username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
  };
  const at = { host: url.hostname, port: Number(url.port), database: url.pathname.slice(1), credentials: { id: "db" } };
  return {
    client,
    async run(query: string, more: Inputs = {}, changes: Partial<BlockContext> = {}) {
      const given = { allowPrivateAddresses: true, credentials: [login], ...changes };
      return Object.fromEntries(await runRemote("SQLQuery", { ...at, query, ...more }, given));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

test("a query emits rows, columns, their number, whether there are more, and 0 changes, in this order", async () => {
  await using t = await setup();
  const emitted = await t.run("select id, name from people order by id;", { max_rows: 2 });
  expect(Object.entries(emitted)).toEqual([
    [
      "results",
      [
        { id: 1, name: "Ada" },
        { id: 2, name: "Bob" },
      ],
    ],
    ["columns", ["id", "name"]],
    ["row_count", 2],
    ["truncated", true],
    ["affected_rows", 0],
  ]);
  expect(await t.run("select id from people")).toMatchObject({ row_count: 3, truncated: false });
  expect(await t.run("select id from people where id > 9")).toMatchObject({ results: [], columns: ["id"] });
});

test("values become JSON", async () => {
  await using t = await setup();
  const { results } = await t.run(
    "-- all kinds\nwith x as (select * from people) select money, extra, 'NaN'::float8 as n, 9007199254740993 as big, '\\x01ff'::bytea as bytes, array[1,2] as list, timestamptz '2026-01-02 03:04:05Z' as at, true as yes from x where id = 1",
  );
  expect(results).toEqual([
    {
      ...{ money: "1.50", extra: { a: [1] }, n: "NaN", big: "9007199254740993", bytes: "Af8=", list: [1, 2] },
      ...{ at: "2026-01-02T03:04:05.000Z", yes: true },
    },
  ]);
});

describe("while it only reads", () => {
  test.each([
    ["delete from people", "invalid_input"],
    ["select 1; delete from people", "query_failed"],
    ["with gone as (delete from people returning *) select * from gone", "query_failed"],
    ["select lo_create(0)", "query_failed"],
    ["select nextval('counter')", "query_failed"],
  ])("%s is refused: %s", async (query, code) => {
    await using t = await setup();
    await t.client.query("create sequence counter");
    await expect(t.run(query)).rejects.toMatchObject({ code });
    expect((await t.client.query("select count(*)::int as n from people")).rows).toEqual([{ n: 3 }]);
  });
});

test("a statement that writes is carried out, and says how many rows it changed", async () => {
  await using t = await setup();
  expect(await t.run("update people set name = 'X' where id > 1", { read_only: false })).toMatchObject({
    ...{ results: [], columns: [], row_count: 0, truncated: false, affected_rows: 2 },
  });
  expect(await t.run("delete from people returning id", { read_only: false, max_rows: 1 })).toMatchObject({
    ...{ results: [{ id: 1 }], row_count: 1, truncated: true, affected_rows: 3 },
  });
  await expect(t.run("select 1; select 2", { read_only: false })).rejects.toMatchObject({ code: "query_failed" });
});

describe("what cannot be done fails", () => {
  test("a private host, which is the default's refusal", async () => {
    await using t = await setup();
    await expect(t.run("select 1", {}, { allowPrivateAddresses: false })).rejects.toMatchObject({
      code: "address_refused",
      message: expect.stringContaining("loopback"),
    });
  });

  test("a server that is not there, and one that does not know the user", async () => {
    await using t = await setup();
    await expect(t.run("select 1", { port: 1 })).rejects.toMatchObject({
      code: "database_unavailable",
      retryable: false,
    });
    await expect(t.run("select 1", { database: "none" })).rejects.toMatchObject({ code: "query_failed" });
  });

  test("a query that takes too long, at its timeout", async () => {
    await using t = await setup();
    await expect(t.run("select pg_sleep(100)", { timeout: 1 })).rejects.toMatchObject({ code: "query_timeout" });
  });

  test("a stop, with the signal's reason, and the query does not go on in the server", async () => {
    await using t = await setup();
    const stop = new AbortController();
    const running = t.run("select pg_sleep(100)", {}, { signal: stop.signal });
    const sleeping = "select count(*)::int as n from pg_stat_activity where query like 'fetch%' and state = 'active'";
    while ((await t.client.query<{ n: number }>(sleeping)).rows[0]?.n !== 1);
    const reason = { kind: "fenced" };
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    while ((await t.client.query<{ n: number }>(sleeping)).rows[0]?.n !== 0);
  });

  test.each([
    [{ database_type: "mysql" }, "not_supported"],
    [{ timeout: 0 }, "invalid_input"],
    [{ timeout: 121 }, "invalid_input"],
    [{ max_rows: 10001 }, "invalid_input"],
    [{ query: "select nothing" }, "query_failed"],
  ])("%j: %s", async (inputs, code) => {
    await using t = await setup();
    await expect(t.run("select 1", inputs)).rejects.toMatchObject({ code });
  });
});
