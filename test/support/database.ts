import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { testVariable } from "./variables";

export type TestDatabase = { readonly url: string; readonly name: string };

type Opened = TestDatabase & { readonly ofFile: boolean };
const opened: Opened[] = [];

/**
 * A database of its own for the running test (in a `beforeAll`: for the file), cloned from the migrated template. It is
 * dropped afterwards, unless the test failed; a connection that is still open then fails the test.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin((admin) => admin.query(`create database ${name} template ${testVariable("template")}`));
  const url = new URL(testVariable("postgres"));
  url.pathname = name;
  const database = { url: url.href, name };
  opened.push({ ...database, ofFile: expect.getState().currentTestName === undefined });
  return database;
}

afterEach(() => dropAll((database) => !database.ofFile));
afterAll(async () => {
  try {
    for (const close of closing.splice(0)) await close();
  } finally {
    await dropAll(() => true);
  }
});

const closing: (() => Promise<void>)[] = [];

/** Closes what uses the file's database before it is dropped: jest runs this file's `afterAll` before the test file's own. */
export function closeBeforeDrop(close: () => Promise<void>): void {
  closing.push(close);
}

async function dropAll(which: (database: Opened) => boolean): Promise<void> {
  for (const database of opened.filter(which)) {
    opened.splice(opened.indexOf(database), 1);
    if (Reflect.get(globalThis, "treelineTestFailed")) process.stderr.write(`kept for a look: ${database.name}\n`);
    else await asAdmin((admin) => drop(admin, database.name));
  }
}

/** A closed connection is gone from Postgres' list only after a moment. */
async function drop(admin: Client, name: string): Promise<void> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    const { rows } = await admin.query("select pid, application_name, query from pg_stat_activity where datname = $1", [
      name,
    ]);
    if (rows.length === 0) break;
    if (Date.now() > deadline) {
      await admin.query(`drop database ${name} with (force)`);
      throw new Error(`${rows.length} connections to the test's database were left open: ${JSON.stringify(rows)}`);
    }
    await delay(20);
  }
  await admin.query(`drop database ${name}`);
}

async function asAdmin<Result>(work: (admin: Client) => Promise<Result>): Promise<Result> {
  const admin = new Client({ connectionString: testVariable("postgres") });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
