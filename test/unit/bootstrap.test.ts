import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

const root = resolve(__dirname, "../..");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/**
 * A bare clone with one entry, and an npm that only links the dependencies of this checkout and notes that it was called.
 * npm's own part, the download, is not what is tested.
 */
function setup(entry: string) {
  const clone = mkdtempSync(join(tmpdir(), "treeline-bootstrap-"));
  folders.push(clone);
  mkdirSync(join(clone, "local"));
  cpSync(join(root, "local/bootstrap.mjs"), join(clone, "local/bootstrap.mjs"));
  cpSync(join(root, "package-lock.json"), join(clone, "package-lock.json"));
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { dev: string } };
  const script = scripts.dev.replace("local/dev.ts", "local/entry.ts");
  writeFileSync(join(clone, "package.json"), JSON.stringify({ scripts: { go: script } }));
  writeFileSync(join(clone, "local/entry.ts"), entry);
  const npm = join(clone, "npm.js");
  const modules = JSON.stringify(join(root, "node_modules"));
  writeFileSync(
    npm,
    `require("fs").appendFileSync("npm.log", process.argv.slice(2).join(" ") + "\\n");
     setTimeout(() => require("fs").symlinkSync(${modules}, "node_modules"), 300);`,
  );
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, [join(clone, "local/bootstrap.mjs"), "local/entry.ts", ...args], {
      env: { ...process.env, npm_execpath: npm },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { child, stdout: text(child.stdout), stderr: text(child.stderr), exited: once(child, "exit") };
  };
  const runByNpm = () => {
    const child = spawn("npm", ["run", "--silent", "go"], { cwd: clone, stdio: ["ignore", "pipe", "ignore"] });
    return {
      child,
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
      exited: once(child, "exit"),
    };
  };
  return {
    run,
    runByNpm,
    install: () => symlinkSync(join(root, "node_modules"), join(clone, "node_modules")),
    /** Until npm has been started. */
    waitForNpm: async () => {
      while (!existsSync(join(clone, "npm.log"))) await delay(5);
    },
    npmCalls: () => readFileSync(join(clone, "npm.log"), "utf8").trim().split("\n"),
  };
}

const printArgs = `const args: string[] = process.argv.slice(2); console.log(args.join(",")); process.exitCode = 7;`;

const untilStopped = `
  process.on("SIGTERM", () => { console.log("stopping"); process.exit(3); });
  setInterval(() => {}, 1000);
  console.log("up");`;

describe("the bootstrap", () => {
  test("runs a TypeScript entry with its arguments and keeps its exit code", async () => {
    const { run, install } = setup(printArgs);
    install();
    const { stdout, stderr, exited } = run("a", "b c");
    expect(await exited).toEqual([7, null]);
    expect(await stdout).toBe("a,b c\n");
    expect(await stderr).toBe("");
  });

  test("installs what is missing, development packages too, and tells so on stderr only", async () => {
    const { run, npmCalls } = setup(printArgs);
    const { stdout, stderr, exited } = run("a");
    expect(await exited).toEqual([7, null]);
    expect(npmCalls()).toEqual([expect.stringContaining("ci --include=dev")]);
    expect(await stdout).toBe("a\n");
    expect(await stderr).toMatch(/installing the dependencies/);
  });

  test("installs once where two are started at once", async () => {
    const { run, npmCalls } = setup(printArgs);
    const both = [run("one"), run("other")];
    expect(await Promise.all(both.map(({ exited }) => exited))).toEqual([
      [7, null],
      [7, null],
    ]);
    expect(npmCalls()).toHaveLength(1);
  });

  test("waits for the npm of one that was killed, and does not install beside it", async () => {
    const { run, npmCalls, waitForNpm } = setup(printArgs);
    const killed = run("one");
    await waitForNpm();
    killed.child.kill("SIGKILL");
    await killed.exited;
    expect(await run("other").exited).toEqual([7, null]);
    expect(npmCalls()).toHaveLength(1);
  });

  test("passes a SIGTERM on and waits for the entry's own end", async () => {
    const { run, install } = setup(untilStopped);
    install();
    const { child, exited } = run();
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await exited).toEqual([3, null]);
  });

  test("lets the entry notice that it was killed", async () => {
    const { run, install } = setup(
      `process.once("disconnect", () => { console.log("alone"); process.exit(0); }); console.log("up");`,
    );
    install();
    const { child, stdout } = run();
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    expect(await stdout).toMatch(/alone/);
  });

  test("ends the entry when npm gets a SIGTERM, and npm waits for it", async () => {
    const { runByNpm, install } = setup(untilStopped);
    install();
    const { child, lines, exited } = runByNpm();
    await lines.next();
    child.kill("SIGTERM");
    expect(await exited).toEqual([3, null]);
  });

  test("ends the entry when npm is killed", async () => {
    const { runByNpm, install } = setup(untilStopped);
    install();
    const { child, lines } = runByNpm();
    await lines.next();
    child.kill("SIGKILL");
    expect(await lines.next()).toEqual({ done: false, value: "stopping" });
  });
});
