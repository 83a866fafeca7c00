import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examineNode } from "../../../cli/examine";
import { freePort } from "../../../local/ports";
import { startCommand } from "../../cli/command";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A data folder in which nothing runs, and a port at which nothing listens. */
async function setup() {
  const folder = mkdtempSync(join(tmpdir(), "treeline-cli-"));
  folders.push(folder);
  const env = { TREELINE_DATA_DIR: folder, PORT: String(await freePort()) };
  return {
    folder,
    env,
    treeline: (...args: string[]) => startCommand(args, env).ended,
    treelineWith: (more: Readonly<Record<string, string>>, ...args: string[]) =>
      startCommand(args, { ...env, ...more }).ended,
  };
}

const noStack = expect.not.stringMatching(/^ +at /m);

test("ends with 2 for what it cannot understand, in words or in JSON", async () => {
  const { treeline, treelineWith } = await setup();
  const [none, words, json, environment] = await Promise.all([
    treeline(),
    treeline("run", "--inptu", "a=1"),
    treeline("list", "--limit", "many", "--json"),
    treelineWith({ PORT: "many" }, "list"),
  ]);
  expect(none).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^Usage: treeline/) });
  expect(words).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^unknown option '--inptu'\n.*--input/) });
  expect(json).toMatchObject({ code: 2, stdout: "" });
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { kind: "usage", exitCode: 2, title: expect.stringContaining("--limit") },
  });
  expect(environment).toMatchObject({ code: 2, stderr: expect.stringContaining('PORT="many"') });
});

test("ends with 5 where no API answers and with 3 where there is no file, without a stack unless asked for one", async () => {
  const { treeline, env } = await setup();
  const [away, debug, file] = await Promise.all([
    treeline("list"),
    treeline("list", "--debug"),
    treeline("run", "no-such-file.json"),
  ]);
  expect(away).toEqual({ code: 5, stdout: "", stderr: noStack });
  expect(away.stderr).toContain(`http://127.0.0.1:${env.PORT}`);
  expect(debug).toMatchObject({ code: 5, stderr: expect.stringMatching(/^ +at /m) });
  expect(file).toEqual({ code: 3, stdout: "", stderr: noStack });
});

test("doctor says what is wrong and what helps, and ends with 5", async () => {
  const { treeline, treelineWith } = await setup();
  const [words, environment] = await Promise.all([
    treeline("doctor"),
    treelineWith({ LOG_LEVEL: "loud" }, "doctor", "--json"),
  ]);
  expect(words.code).toBe(5);
  expect(words.stdout).toMatch(/^ok +node: \d+/);
  expect(words.stdout).toMatch(/^WRONG +api: .*ECONNREFUSED.*\n +npm run dev starts it/m);
  expect(words.stdout).toMatch(/^\? +postgres: /m);
  expect(environment.code).toBe(5);
  const { checks } = JSON.parse(environment.stdout) as { checks: unknown[] };
  expect(checks).toContainEqual(
    expect.objectContaining({
      name: "environment",
      state: "wrong",
      remedy: expect.stringContaining('LOG_LEVEL="loud"'),
    }),
  );
});

test("doctor finds a Node that is too old", () => {
  expect(["18.20.8", "20.18.3", "20.19.0", "24.0.0"].map((version) => examineNode(version).state)).toEqual([
    ...["wrong", "wrong", "ok", "ok"],
  ]);
});

test("reset deletes what the embedded servers keep and nothing else, and only if told to where nobody can be asked", async () => {
  const { folder, treeline } = await setup();
  for (const name of ["postgres", "temporal", "mine"]) mkdirSync(join(folder, name, "inner"), { recursive: true });
  writeFileSync(join(folder, "postgres-password"), "secret");
  expect(await treeline("reset")).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(existsSync(join(folder, "postgres"))).toBe(true);
  const { code, stdout } = await treeline("reset", "--yes", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ dataDir: folder, removed: ["temporal", "postgres", "postgres-password"] });
  expect(readdirSync(folder)).toEqual(["mine"]);
  expect(await treeline("reset")).toMatchObject({ code: 0, stdout: `nothing was deleted in ${folder}\n` });
});
