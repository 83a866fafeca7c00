import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const moduleDir = join(__dirname, "..", "tools", "temporal");

/** What an earlier build of the same go.mod and go.sum left in the cache. */
export function builtTemporal(cacheDir: string): string | null {
  const path = join(buildDir(cacheDir), "temporal");
  return existsSync(path) ? path : null;
}

/** Builds the CLI from tools/temporal with Go. Throws, with the remedy, if it cannot. */
export async function buildTemporal(cacheDir: string, report: (line: string) => void): Promise<string> {
  const folder = buildDir(cacheDir);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "temporal");
  const unfinished = `${path}.${process.pid}`;
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1_000);
  report("building the Temporal CLI with Go (3 to 9 minutes, once for this version)");
  const progress = setInterval(() => report(`  still building the Temporal CLI, ${seconds()} s`), 15_000);
  try {
    await goBuild(unfinished);
  } finally {
    clearInterval(progress);
  }
  renameSync(unfinished, path);
  report(`built the Temporal CLI in ${seconds()} s: ${path}`);
  return path;
}

function buildDir(cacheDir: string): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(moduleDir, file)));
  return join(cacheDir, "temporal", `build-${hash.digest("hex").slice(0, 16)}`);
}

function goBuild(output: string): Promise<void> {
  const args = ["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", output];
  const go = spawn("go", [...args, "github.com/temporalio/cli/cmd/temporal"], {
    cwd: moduleDir,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  go.stderr.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-3_000)));
  const stop = () => void go.kill();
  process.once("exit", stop);
  return new Promise<void>((resolve, reject) => {
    go.once("error", (cause) => reject(new Error(remedy("Go is not installed"), { cause })));
    go.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${remedy("go build failed")}\nIt said:\n${said.trim()}`)),
    );
  }).finally(() => process.removeListener("exit", stop));
}

function remedy(problem: string): string {
  const wanted = /^go (\S+)$/m.exec(readFileSync(join(moduleDir, "go.mod"), "utf8"))?.[1];
  return (
    `No Temporal CLI was found and none can be built: ${problem}. Do one of these: install the CLI ` +
    `(https://docs.temporal.io/cli) and have it on PATH or in TEMPORAL_CLI_PATH; install Go ${wanted} or later ` +
    `(https://go.dev/dl); set TEMPORAL_ADDRESS to a running cluster.`
  );
}
