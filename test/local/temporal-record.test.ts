import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServices } from "../../local/services";
import { testVariable } from "../support/variables";
import { localConfig, testFolder } from "./folders";

/** Starts Temporal alone, lets `look` at it and stops it. Answers whether open executions had to begin again. */
async function start(dataDir: string, { settle }: { settle: boolean }) {
  const lines: string[] = [];
  const config = { ...localConfig(dataDir), databaseUrl: testVariable("postgres") };
  const services = await startServices(config, (line) => void lines.push(line));
  if (settle) services.temporalSettled();
  await services.stop();
  return { fresh: services.temporalFresh, lines };
}

function recordOf(dataDir: string): string {
  const name = readdirSync(join(dataDir, "temporal")).find((file) => file.endsWith(".db"));
  return join(dataDir, "temporal", String(name));
}

describe("Temporal's record", () => {
  test("is fresh until open executions have begun again, then not", async () => {
    const dataDir = testFolder();
    expect(await start(dataDir, { settle: false })).toMatchObject({ fresh: true });
    expect(await start(dataDir, { settle: true })).toMatchObject({ fresh: true });
    expect(await start(dataDir, { settle: true })).toMatchObject({ fresh: false });
  });

  test("is fresh again where its file was lost", async () => {
    const dataDir = testFolder();
    await start(dataDir, { settle: true });
    rmSync(recordOf(dataDir));
    expect(await start(dataDir, { settle: true })).toMatchObject({ fresh: true });
  });

  test("is replaced where its file is damaged, and says so", async () => {
    const dataDir = testFolder();
    await start(dataDir, { settle: true });
    const path = recordOf(dataDir);
    for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    writeFileSync(path, "this is no database, and long enough not to be taken for an empty file ".repeat(100));
    const again = await start(dataDir, { settle: true });
    expect(again.fresh).toBe(true);
    expect(again.lines).toEqual([expect.stringContaining(`${path} is damaged`)]);
  });

  test("of another version is given up, and says so", async () => {
    const dataDir = testFolder();
    await start(dataDir, { settle: true });
    const path = recordOf(dataDir);
    const older = join(dataDir, "temporal", "1.30.0.db");
    writeFileSync(older, "");
    rmSync(path);
    const again = await start(dataDir, { settle: true });
    expect(again.fresh).toBe(true);
    expect(again.lines).toEqual([expect.stringContaining("another version")]);
    expect(existsSync(older)).toBe(false);
  });
});
