import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfig, variables } from "../config/env";
import { errorTable } from "../graph/errors";
import { endReasonsOf, legalMoves, stepKinds, type Status } from "../graph/status";

const root = join(__dirname, "..");
const pages = [
  ...["README.md", "AGENTS.md", "CHANGELOG.md"],
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The rows of the table that begins with this column, cell by cell, without the marks of code. */
function readTable(file: string, firstColumn: string): string[][] {
  const [, rest = ""] = read(file).split(new RegExp(`^\\| ${firstColumn} +\\|.*\\n\\|[-| ]+\\n`, "m"));
  const lines = rest.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("the docs", () => {
  test("list every error as the table in the code has it", () => {
    const inCode = Object.entries(errorTable).map(([code, { http, retry, title }]) => [
      code,
      String(http),
      retry,
      title,
    ]);
    expect(readTable("docs/errors.md", "code")).toEqual(inCode);
  });

  test("list every end reason under its status", () => {
    const inCode = Object.entries(endReasonsOf).map(([status, reasons]) => [status, reasons.join(", ")]);
    expect(readTable("docs/execution-lifecycle.md", "status")).toEqual(inCode);
  });

  test("draw no arrow between statuses that is not legal, and every status", () => {
    const arrows = [...read("docs/execution-lifecycle.md").matchAll(/^ +([A-Z]+|\[\*\]) --> ([A-Z]+)/gm)];
    const drawn = arrows.map(([, from, to]) => ({ from: from ?? "", to: to as Status }));
    const isLegal = ({ from, to }: (typeof drawn)[number]) =>
      from === "[*]" ? ["INCOMPLETE", "QUEUED"].includes(to) : legalMoves[to].some((status) => status === from);
    expect(drawn.filter((arrow) => !isLegal(arrow))).toEqual([]);
    expect([...new Set(drawn.map(({ to }) => to))].toSorted()).toEqual(Object.keys(legalMoves).toSorted());
  });

  test("list every kind of step", () => {
    const kinds = readTable("docs/execution-lifecycle.md", "kind of step").map(([kind]) => kind?.replaceAll("_", ""));
    expect(kinds).toEqual([...stepKinds]);
  });

  test("list every variable with its default, in the order of config/env.ts", () => {
    const table = readTable("docs/operations.md", "variable");
    expect(table.map(([name]) => name)).toEqual(Object.keys(variables.shape));
    expect(readConfig(Object.fromEntries(table.map(([name, value]) => [name, value])))).toEqual(readConfig({}));
    const withDefault = Object.keys(variables.parse({}));
    expect(table.filter(([, value]) => value !== "").map(([name]) => name)).toEqual(withDefault);
  });

  test("name the tests of a stop by their titles", () => {
    const cited = [...read("docs/stop.md").matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+\.test\.ts)\)/g)];
    const isThere = ([, title = "", file = ""]: RegExpExecArray) =>
      title.split(" › ").every((part) => read(file).includes(`"${part}"`));
    expect(cited.length).toBeGreaterThan(40);
    expect(cited.filter((one) => !isThere(one)).map(([link]) => link)).toEqual([]);
  });

  test.each(pages)("%s links only to what is there, and names only tests and scripts that are there", (page) => {
    const text = read(page);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, path]) => join(dirname(page), path ?? ""));
    const files = [
      ...text.matchAll(
        /`((?:test|db|docs|local|graph|api|worker|workflows|activities|config|blocks)\/[\w./-]+\.\w+)`/g,
      ),
    ].map(([, path]) => path ?? "");
    expect([...links, ...files].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([a-z][\w:]*)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});
