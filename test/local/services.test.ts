import { Connection } from "@temporalio/client";
import { Client } from "pg";
import { startServices } from "../../local/services";
import type { Services } from "../../local/services";
import { localConfig, testFolder } from "./folders";

const started: Services[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((services) => services.stop()));
});

async function start(dataDir: string) {
  const lines: string[] = [];
  const services = await startServices(localConfig(dataDir), (line) => void lines.push(line));
  started.push(services);
  return { services, lines };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

describe("startServices", () => {
  test("starts a Postgres that keeps what it has committed", async () => {
    const { services } = await start(testFolder());
    const settings = await query(
      services.databaseUrl,
      "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')",
    );
    expect(settings).toHaveLength(3);
    for (const row of settings) expect(row).toHaveProperty("setting", "on");
  });

  test("starts a Temporal that knows our search attributes", async () => {
    const { services } = await start(testFolder());
    const connection = await Connection.connect({ address: services.temporalAddress });
    const answer = await connection.operatorService.listSearchAttributes({ namespace: "default" });
    await connection.close();
    expect(Object.keys(answer.customAttributes)).toEqual(expect.arrayContaining(["TreelineRoot", "TreelineGraph"]));
  });

  test("serves Temporal's Web UI", async () => {
    const { services } = await start(testFolder());
    const answer = await fetch(String(services.temporalUiUrl));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("<html");
  });

  test("runs two copies side by side", async () => {
    const [one, other] = await Promise.all([start(testFolder()), start(testFolder())]);
    await query(one.services.databaseUrl, "create table only_here ()");
    const found = await query(other.services.databaseUrl, "select to_regclass('only_here') as found");
    expect(found).toEqual([{ found: null }]);
    expect(one.services.temporalAddress).not.toBe(other.services.temporalAddress);
  });

  test("refuses a folder that another process has, naming both", async () => {
    const dataDir = testFolder();
    await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`${dataDir} is in use by process ${process.pid}`);
  });

  test("finds its data, ports and password again after a stop", async () => {
    const dataDir = testFolder();
    const first = await start(dataDir);
    await query(first.services.databaseUrl, "create table kept ()");
    await first.services.stop();
    const second = await start(dataDir);
    expect(second.services.databaseUrl).toBe(first.services.databaseUrl);
    expect(second.services.temporalUiUrl).toBe(first.services.temporalUiUrl);
    expect(await query(second.services.databaseUrl, "select to_regclass('kept')::text as found")).toEqual([
      { found: "kept" },
    ]);
  });
});
