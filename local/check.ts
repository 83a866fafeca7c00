import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { run } from "./signals";

/**
 * `npm test`: everything that has to hold: the quick checks together, then the tests. With arguments (`npm test -- test/db`) jest
 * alone, with these. The last line is `N passed, N failed`: jest's tests, and one for each other check.
 */
const checks: readonly { name: string; command: readonly [string, ...string[]] }[] = [
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "lint and boundaries", command: ["oxlint", "--type-aware"] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "."] },
  { name: "unused code", command: ["knip"] },
];

type Tally = { readonly passed: number; readonly failed: number };

const root = join(__dirname, "..");

run(async () => {
  const args = process.argv.slice(2);
  const tallies: Tally[] = [];
  if (args.length === 0) tallies.push(...(await Promise.all(checks.map(runCheck))));
  tallies.push(await runJest(args.length === 0 ? ["--ignoreProjects", "soak"] : args));
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
});

async function runCheck({ name, command: [program, ...args] }: (typeof checks)[number]): Promise<Tally> {
  const begun = Date.now();
  const { code, output } = await execute(program, args, "pipe");
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"}  ${name}  ${elapsed(begun)}\n`);
  if (code !== 0) process.stdout.write(`${output}\n`);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const results = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

/** A file that cannot be loaded counts as one failure, and so does a jest that ends without results. */
async function runJest(args: readonly string[]): Promise<Tally> {
  const begun = Date.now();
  const file = join(tmpdir(), `treeline-jest-${process.pid}.json`);
  const { code } = await execute("jest", [...args, "--json", "--outputFile", file], "inherit");
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"}  tests  ${elapsed(begun)}\n`);
  try {
    const found = results.parse(JSON.parse(readFileSync(file, "utf8")));
    const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
    return { passed: found.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(file, { force: true });
  }
}

function elapsed(begun: number): string {
  return `${((Date.now() - begun) / 1_000).toFixed(1)} s`;
}

/** A program of node_modules. jest's own JSON goes to a file; what it says to people is on stderr. */
function execute(program: string, args: readonly string[], output: "pipe" | "inherit") {
  const child = spawn(join(root, "node_modules", ".bin", program), args, {
    cwd: root,
    stdio: ["ignore", output === "pipe" ? "pipe" : "ignore", output],
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void child.kill(signal));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (part) => (text += part));
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output: text }));
  });
}
