import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

type Copy = { readonly from: string | null; readonly sources: readonly string[]; readonly target: string };

function readDockerfile() {
  const lines = read("Dockerfile")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  const copies = lines
    .filter((line) => line.startsWith("COPY "))
    .map((line): Copy => {
      const words = line.split(/\s+/).slice(1);
      const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length) ?? null;
      const paths = words.filter((word) => !word.startsWith("--"));
      return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
    });
  const command = /^CMD (\[.*\])$/m.exec(lines.join("\n"))?.[1];
  const fromHere = copies.filter(({ from }) => from === null).flatMap(({ sources }) => sources);
  return { lines, copies, fromHere: [...new Set(fromHere)], command: JSON.parse(command ?? "[]") as string[] };
}

/** The files that the image's commands run, as the Dockerfile and the compose file name them. */
function readCommands(): string[] {
  const { services } = parse(read("docker-compose.yml"), { merge: true }) as {
    services: Record<string, { build?: string; command?: string[] }>;
  };
  const ours = Object.values(services).flatMap(({ build, command }) => (build && command ? [command] : []));
  return [...new Set([readDockerfile().command, ...ours].map(([, file]) => file ?? ""))];
}

describe("the Dockerfile", () => {
  test("copies what is there, and .dockerignore lets all of it through and nothing else", () => {
    const { fromHere } = readDockerfile();
    expect(fromHere.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const admitted = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"));
    const needed = fromHere.map((path) => `!${path.split("/")[0]}`);
    expect(admitted.toSorted()).toEqual([...new Set(needed)].toSorted());
  });

  test("runs as a user of its own, on the oldest Node that package.json admits or later", () => {
    const { lines } = readDockerfile();
    expect(lines.filter((line) => line.startsWith("USER "))).toEqual(["USER node"]);
    const [, major, minor] = /^ARG NODE=node:(\d+)\.(\d+)-/m.exec(lines.join("\n")) ?? [];
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const [oldestMajor = 0, oldestMinor = 0] = engines.node.replace(">=", "").split(".").map(Number);
    expect(Number(major) * 1_000 + Number(minor)).toBeGreaterThanOrEqual(oldestMajor * 1_000 + oldestMinor);
  });

  test("compiles, from what it copies alone, programs that start", () => {
    const folder = mkdtempSync(join(tmpdir(), "treeline-image-"));
    try {
      for (const path of readDockerfile().fromHere) cpSync(join(root, path), join(folder, path), { recursive: true });
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      const tsc = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-p", "."], { cwd: folder, encoding: "utf8" });
      expect(tsc.stdout).toBe("");
      const { PATH } = process.env;
      const said = readCommands().map((file) => {
        const { status, stderr } = spawnSync(process.execPath, [file], {
          cwd: folder,
          encoding: "utf8",
          env: { PATH },
        });
        return { file, status, stderr };
      });
      const needs = (what: string) => expect.stringMatching(new RegExp(`^${what}\\n$`)) as string;
      expect(said.toSorted((a, b) => a.file.localeCompare(b.file))).toEqual([
        { file: "dist/api/main.js", status: 1, stderr: needs("the API needs DATABASE_URL and TEMPORAL_ADDRESS") },
        { file: "dist/db/main.js", status: 1, stderr: needs("a migration needs DATABASE_URL") },
        { file: "dist/worker/main.js", status: 1, stderr: needs("a worker needs DATABASE_URL and TEMPORAL_ADDRESS") },
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
