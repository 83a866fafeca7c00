import { connect } from "../../db/client";

/*
 * A program for test/db/stop-lock.test.ts: takes the lock of a tree's row as a step does, on a connection of Treeline's own, and
 * says so. The test then stops it (SIGSTOP) where it would commit.
 */
async function main(): Promise<void> {
  const [url = "", rootId] = process.argv.slice(2);
  const session = await connect(url, { max: 1 }).pool.connect();
  session.on("error", () => process.exit(0)); // Postgres has ended the session
  await session.query("begin");
  await session.query("select 1 from trees where root_id = $1 for no key update", [rootId]);
  process.stdout.write("locked\n");
  await new Promise(() => setInterval(() => {}, 1_000));
}

void main();
