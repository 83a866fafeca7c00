import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { downloadTemporal } from "../../local/temporal-download";

const root = resolve(__dirname, "../..");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A cache in which a download has failed a moment ago. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), "treeline-sources-"));
  folders.push(folder);
  const cacheDir = join(folder, "treeline");

  mkdirSync(join(cacheDir, "temporal"), { recursive: true });
  writeFileSync(join(cacheDir, "temporal", "download-failed"), "");
  return { folder, cacheDir };
}

describe("ways to the Temporal CLI", () => {
  test("a download that has failed is not tried again at the next start", async () => {
    const { cacheDir } = setup();
    const lines: string[] = [];
    expect(await downloadTemporal(cacheDir, (line) => void lines.push(line))).toBeNull();
    expect(lines).toEqual([]);
  });

  test("a machine without CLI, download and Go is told what to install or to set", async () => {
    const { folder } = setup();
    const { TEMPORAL_CLI_PATH: _cli, TEMPORAL_ADDRESS: _address, ...env } = process.env;
    const args = [join(root, "local/bootstrap.mjs"), "local/temporal-command.ts", "--version"];
    const child = spawn(process.execPath, args, {
      env: { ...env, PATH: folder, XDG_CACHE_HOME: folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = text(child.stderr);
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(await said).toMatch(
      /Go is not installed.*TEMPORAL_CLI_PATH.*install Go 1\.26\.\d+ or later.*TEMPORAL_ADDRESS/s,
    );
  });
});
