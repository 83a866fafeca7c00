import { Connection } from "@temporalio/client";
import { Client } from "pg";
import { startServices } from "../../local/services";
import { atEnd } from "./cleanup";
import { localConfig, testFolder } from "./folders";

async function start(dataDir: string) {
  const services = await startServices(localConfig(dataDir), () => {});
  atEnd(() => services.stop());
  return { ...services, dataDir };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

describe("startServices", () => {
  let one: Awaited<ReturnType<typeof start>>; // started once: these tests change nothing that another one looks at
  beforeAll(async () => {
    one = await start(testFolder());
  });

  test("starts a Postgres that keeps what it has committed", async () => {
    const settings = await query(
      one.databaseUrl,
      "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    expect(settings).toHaveLength(3);
    for (const row of settings) expect(row).toHaveProperty("setting", "on");
  });

  test("starts a Temporal that knows our search attributes", async () => {
    const connection = await Connection.connect({ address: one.temporalAddress });
    const answer = await connection.operatorService.listSearchAttributes({ namespace: "default" });
    await connection.close();
    expect(Object.keys(answer.customAttributes)).toEqual(expect.arrayContaining(["TreelineRoot", "TreelineGraph"]));
  });

  test("serves Temporal's Web UI", async () => {
    const answer = await fetch(String(one.temporalUiUrl));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("<html");
  });

  test("refuses a folder that another process has, naming both", async () => {
    await expect(start(one.dataDir)).rejects.toThrow(`${one.dataDir} is in use by process ${process.pid}`);
  });

  test("runs a second copy beside it", async () => {
    const other = await start(testFolder());
    await query(one.databaseUrl, "create table only_here ()");
    const found = await query(other.databaseUrl, "select to_regclass('only_here') as found");
    expect(found).toEqual([{ found: null }]);
    expect(other.temporalAddress).not.toBe(one.temporalAddress);
  });

  test("finds data, ports and password again after a stop", async () => {
    const first = await start(testFolder());
    await query(first.databaseUrl, "create table kept ()");
    await first.stop();
    const second = await start(first.dataDir);
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(second.temporalUiUrl).toBe(first.temporalUiUrl);
    expect(await query(second.databaseUrl, "select to_regclass('kept')::text as found")).toEqual([{ found: "kept" }]);
  });

  test("names the variable of a Postgres that does not answer, not its password", async () => {
    const config = { ...localConfig(testFolder()), databaseUrl: "postgres://someone:hunter2@127.0.0.1:1/somewhere" };
    const failure: unknown = await startServices(config, () => {}).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/DATABASE_URL: no Postgres lets us in at 127\.0\.0\.1:1\/somewhere/);
    expect(String(failure)).not.toMatch(/hunter2/);
  });
});
