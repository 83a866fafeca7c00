import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTemporalCli } from "../../local/temporal-cli";
import type { Source } from "../../local/temporal-cli";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder each for PATH and for the cache, and programs that only know `--version`. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), "treeline-cli-"));
  folders.push(folder);
  const where = {
    temporalCliPath: null,
    searchPath: `/nowhere:${join(folder, "bin")}`,
    cacheDir: join(folder, "cache"),
  };
  mkdirSync(join(folder, "bin"));
  const writeCli = (path: string, says: string) => {
    writeFileSync(join(folder, path), `#!/bin/sh\necho '${says}'\n`);
    chmodSync(join(folder, path), 0o755);
    return join(folder, path);
  };
  const lines: string[] = [];
  return { where, writeCli, lines, report: (line: string) => void lines.push(line) };
}

const current = "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)";
const old = "temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)";

/** A way that leads to `path`, and tells how often it was asked to. */
function way(name: string, path: string | null, cached: string | null = null) {
  const asked: string[] = [];
  const source: Source = {
    name,
    cached: () => cached,
    get: async (cacheDir) => {
      asked.push(cacheDir);
      return path;
    },
  };
  return { ...source, asked };
}

describe("findTemporalCli", () => {
  test("takes TEMPORAL_CLI_PATH before anything on PATH", async () => {
    const { where, writeCli, report } = setup();
    writeCli("bin/temporal", current);
    const path = writeCli("mine", "temporal version 0.0.0-DEV (Server 1.32.0, UI 2.51.0)");
    const found = await findTemporalCli({ ...where, temporalCliPath: path }, report, []);
    expect(found).toMatchObject({ path, serverVersion: "1.32.0" });
  });

  test("refuses a TEMPORAL_CLI_PATH that is too old, and looks no further", async () => {
    const { where, writeCli, report } = setup();
    writeCli("bin/temporal", current);
    const finding = findTemporalCli({ ...where, temporalCliPath: writeCli("mine", old) }, report, []);
    await expect(finding).rejects.toThrow(/TEMPORAL_CLI_PATH: .*mine has server 1\.25\.0; .*1\.31 or later/);
  });

  test("refuses a TEMPORAL_CLI_PATH that is no program, naming it", async () => {
    const { where, report } = setup();
    const finding = findTemporalCli({ ...where, temporalCliPath: "/nowhere/temporal" }, report, []);
    await expect(finding).rejects.toThrow(/TEMPORAL_CLI_PATH: \/nowhere\/temporal cannot be run/);
  });

  test("takes `temporal` on PATH before the cache", async () => {
    const { where, writeCli, report } = setup();
    const path = writeCli("bin/temporal", current);
    const cached = way("build", null, writeCli("cached", current));
    expect(await findTemporalCli(where, report, [cached])).toMatchObject({ path });
  });

  test("passes over a `temporal` on PATH that is too old, and says so", async () => {
    const { where, writeCli, lines, report } = setup();
    writeCli("bin/temporal", old);
    const path = writeCli("cached", current);
    expect(await findTemporalCli(where, report, [way("build", null, path)])).toMatchObject({ path });
    expect(lines).toEqual([expect.stringMatching(/not using .*bin\/temporal: .* server 1\.25\.0/)]);
  });

  test("tries no download where a build is in the cache", async () => {
    const { where, writeCli, report } = setup();
    const download = way("download", null);
    const path = writeCli("cached", current);
    expect(await findTemporalCli(where, report, [download, way("build", null, path)])).toMatchObject({ path });
    expect(download.asked).toEqual([]);
  });

  test("builds where the download does not lead to one", async () => {
    const { where, writeCli, report } = setup();
    const path = writeCli("built", current);
    const [download, build] = [way("download", null), way("build", path)];
    expect(await findTemporalCli(where, report, [download, build])).toMatchObject({ path });
    expect(download.asked).toHaveLength(1);
  });

  test("passes over a download with a server that is too old", async () => {
    const { where, writeCli, lines, report } = setup();
    const path = writeCli("built", current);
    const found = await findTemporalCli(where, report, [way("download", writeCli("got", old)), way("build", path)]);
    expect(found).toMatchObject({ path });
    expect(lines).toEqual([expect.stringMatching(/not using the Temporal CLI of the download/)]);
  });

  test("lets one of two starts at once build, and the other take what it built", async () => {
    const { where, writeCli, report } = setup();
    let built: string | null = null;
    let builds = 0;
    const build: Source = {
      name: "build",
      cached: () => built,
      get: async () => {
        builds += 1;
        await new Promise(setImmediate);
        return (built = writeCli("built", current));
      },
    };
    const found = await Promise.all([1, 2].map(() => findTemporalCli(where, report, [build])));
    expect(found.map(({ path }) => path)).toEqual([built, built]);
    expect(builds).toBe(1);
  });

  test("names the remedies where nothing leads to one", async () => {
    const { where, report } = setup();
    const finding = findTemporalCli(where, report, [way("download", null)]);
    await expect(finding).rejects.toThrow(/TEMPORAL_CLI_PATH.*TEMPORAL_ADDRESS/);
  });
});
