import { readRunning } from "../../local/data-folder";
import type { Ready } from "../../local/data-folder";
import { isRunning } from "../../local/process";
import { testFolder } from "./folders";
import { runScript } from "./programs";

async function startDev(dataDir: string) {
  const program = await runScript("local/dev.ts", [], dataDir);
  const ready = JSON.parse((await program.line("ready ")).slice("ready ".length)) as Ready;
  return { ...program, dataDir, ready };
}

describe("npm run dev", () => {
  let dev: Awaited<ReturnType<typeof startDev>>; // started once: it takes seconds, and these tests change nothing in it
  beforeAll(async () => {
    dev = await startDev(testFolder());
  });

  test("prints where everything answers, and it does", async () => {
    const { ready } = dev;
    expect(ready).toEqual({
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      temporalUi: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      postgres: expect.stringMatching(/^postgres:\/\/.*@127\.0\.0\.1:\d+\/treeline$/),
    });
    expect((await fetch(`${ready.api}/readyz`)).status).toBe(200);
    expect((await fetch(String(ready.temporalUi))).status).toBe(200);
  });

  test("refuses a folder in which another one runs", async () => {
    const second = await runScript("local/dev.ts", [], dev.dataDir);
    expect(await second.ended).toBe(1);
    expect(second.said.join("\n")).toContain(`${dev.dataDir} is in use by process`);
  });

  test("lends npm run temporal its address", async () => {
    const temporal = await runScript(
      "local/temporal-command.ts",
      ["operator", "search-attribute", "list"],
      dev.dataDir,
    );
    expect(await temporal.ended).toBe(0);
    expect(temporal.said.join("\n")).toContain("TreelineRoot");
  });

  test("serves a quickstart in its folder, and runs on after it", async () => {
    const quickstart = await runScript("local/quickstart.ts", [], dev.dataDir);
    expect({ code: await quickstart.ended, said: quickstart.said }).toMatchObject({ code: 0 });
    expect(quickstart.said.join("\n")).toContain("using the Treeline that runs already");
    expect((await fetch(`${dev.ready.api}/healthz`)).status).toBe(200);
  });
});

test("npm run dev stops cleanly at a SIGTERM and leaves no server behind", async () => {
  const { child, ended, dataDir } = await startDev(testFolder());
  const servers = readRunning(dataDir)?.servers ?? [];
  expect(servers.map(({ name }) => name)).toEqual(["Postgres", "Temporal"]);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(servers.map(isRunning)).toEqual([false, false]);
  expect(readRunning(dataDir)).toBeNull();
});

test("npm run dev says which variables are wrong before it starts anything", async () => {
  const program = await runScript("local/dev.ts", [], testFolder(), 99_999);
  expect(await program.ended).toBe(1);
  expect(program.said.join("\n")).toMatch(/PORT="99999"/);
});

test("npm run temporal keeps the exit code, and says where no address is known", async () => {
  const temporal = await runScript("local/temporal-command.ts", ["no-such-command"], testFolder());
  expect(await temporal.ended).not.toBe(0);
  expect(temporal.said.join("\n")).toContain("no address is set");
});

test("npm run quickstart tells its story on servers of its own and ends well", async () => {
  const dataDir = testFolder();
  const quickstart = await runScript("local/quickstart.ts", [], dataDir);
  expect({ code: await quickstart.ended, said: quickstart.said }).toMatchObject({ code: 0 });
  const text = quickstart.said.join("\n");
  expect(text).toContain("outputs: food in Lisbon, music in Lisbon");
  expect(text).toMatch(/receipt of stop .*: CLOSED, stopped/);
  expect(readRunning(dataDir)).toBeNull();
});
