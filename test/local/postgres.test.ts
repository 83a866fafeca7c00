import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { endProcess, markProcess } from "../../local/process";
import { startDatabase } from "../../local/services";
import { localConfig, testFolder } from "./folders";

const isRoot = process.getuid?.() === 0;

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

describe("the embedded Postgres", () => {
  test("starts again with its data after a kill -9", async () => {
    const dataDir = testFolder();
    const first = await startDatabase(localConfig(dataDir), () => {});
    await query(first.url, "create table kept ()");
    const pid = Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
    await endProcess(markProcess(pid) ?? { pid, startedAt: "" }, "SIGKILL", 0);
    await first.stop();
    const second = await startDatabase(localConfig(dataDir), () => {});
    expect(await query(second.url, "select to_regclass('kept')::text as found")).toEqual([{ found: "kept" }]);
    await second.stop();
  });

  test("is not kept from starting by a pid file whose number another program has now", async () => {
    const dataDir = testFolder();
    await (await startDatabase(localConfig(dataDir), () => {})).stop();
    writeFileSync(join(dataDir, "postgres", "postmaster.pid"), `${process.pid}\n`);
    const again = await startDatabase(localConfig(dataDir), () => {});
    expect(await query(again.url, "select 1 as one")).toEqual([{ one: 1 }]);
    await again.stop();
  });

  test("refuses data of another major version, naming folder and both versions", async () => {
    const dataDir = testFolder();
    mkdirSync(join(dataDir, "postgres"));
    writeFileSync(join(dataDir, "postgres", "PG_VERSION"), "13\n");
    const starting = startDatabase(localConfig(dataDir), () => {});
    await expect(starting).rejects.toThrow(/\/postgres holds data of Postgres 13, this Treeline runs Postgres \d+/);
  });

  test("leaves the folder free where it could not start", async () => {
    const dataDir = testFolder();
    mkdirSync(join(dataDir, "postgres"));
    writeFileSync(join(dataDir, "postgres", "PG_VERSION"), "13\n");
    await expect(startDatabase(localConfig(dataDir), () => {})).rejects.toThrow("13");
    await expect(startDatabase(localConfig(dataDir), () => {})).rejects.toThrow("13"); // not "in use"
  });

  (isRoot ? test : test.skip)("names the folder that its unprivileged user cannot enter, and the remedy", async () => {
    const closed = join(testFolder(), "closed");
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    const starting = startDatabase(localConfig(join(closed, "clone", ".treeline")), () => {});
    await expect(starting).rejects.toThrow(new RegExp(`cannot enter ${closed}\\. Set TREELINE_DATA_DIR`));
  });
});
