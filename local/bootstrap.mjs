// node local/bootstrap.mjs <entry.ts> [args…]: what every npm script begins with. It works in a bare clone: it installs the
// dependencies if they are missing or not those of package-lock.json, then runs the entry through tsx. Plain Node, because
// nothing else is there yet. It writes to stderr only: stdout belongs to the entry.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 19];
const say = (line) => process.stderr.write(`${line}\n`);

if (isTooOld(process.versions.node)) {
  fail(
    `Treeline needs Node ${oldestNode.join(".")} or later, this is ${process.versions.node}: install it from https://nodejs.org`,
  );
}
if (!isInstalled()) await withInstallLock(async (lock) => isInstalled() || (await install(lock)));
process.exitCode = await runEntry(process.argv.slice(2));

function isTooOld(version) {
  const [major, minor] = version.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

/** npm notes what it has installed in node_modules/.package-lock.json; what is optional may be of another platform. */
function isInstalled() {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  const wanted = readPackages(join(root, "package-lock.json"));
  if (!wanted) fail(`${join(root, "package-lock.json")} is missing: is this a complete clone?`);
  if (!installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    return found ? found.version === entry.version : Boolean(entry.optional || entry.devOptional);
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return null;
  }
}

/** Two scripts started at once in a bare clone: one installs, the other waits for it. */
async function withInstallLock(work) {
  const lock = join(root, ".treeline", "install.lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (let waits = 0; !take(lock); waits++) {
    if (waits === 0) say(`waiting for another process that installs the dependencies (${lock})`);
    await delay(250);
    if (!holderLives(lock) && waits > 4) rmSync(lock, { force: true }); // it was killed; a new one has written its pid by now
  }
  try {
    await work(lock);
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** The holder, or the npm that it started: a killed bootstrap's npm goes on. */
function holderLives(lock) {
  try {
    return readFileSync(lock, "utf8")
      .split(" ")
      .some((pid) => isAlive(Number(pid)));
  } catch {
    return true; // it was given back in this moment: try to take it
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM"; // another user's
  }
}

async function install(lock) {
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  say("installing the dependencies (about a minute the first time)");
  rmSync(join(root, "node_modules", ".package-lock.json"), { force: true }); // so that a killed install is not taken for a whole one
  const progress = setInterval(() => say(`  still installing, ${seconds()} s`), 15_000);
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  // development packages too, whatever NODE_ENV says: tsx and the embedded Postgres are among them
  const args = [...npm.slice(1), "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const child = spawn(npm[0], args, { cwd: root, stdio: ["ignore", 2, 2] });
  writeFileSync(lock, `${process.pid} ${child.pid ?? ""}`);
  const code = await finish(child);
  clearInterval(progress);
  if (code !== 0)
    fail(`npm ci failed (exit code ${code}): see above; a network or a proxy that npm can use is needed once.`, code);
  say(`installed in ${seconds()} s`);
}

/** The entry's exit code. It can tell by `disconnect` that we are gone, kill -9 included. */
async function runEntry([entry, ...args]) {
  const tsx = pathToFileURL(createRequire(join(root, "package.json")).resolve("tsx")).href;
  const env = existsSync(join(root, ".env")) ? [`--env-file=${join(root, ".env")}`] : [];
  const child = spawn(process.execPath, [...env, "--import", tsx, join(root, entry), ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  if (process.env.npm_lifecycle_event) watchParent(() => child.kill("SIGTERM"));
  return finish(child);
}

/**
 * npm passes signals on to the shell of its script only. The scripts of package.json `exec`, so that we are that process; that
 * npm was killed with kill -9 is seen here.
 */
function watchParent(gone) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}

function finish(child) {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      say(String(error));
      resolve(1);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function fail(text, code = 1) {
  say(text);
  process.exit(code || 1);
}
