import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";

const root = join(__dirname, "..");

const answer = z.object({
  diagnostics: z.array(
    z.object({
      code: z.string(),
      filename: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.number() }) })),
    }),
  ),
});

type Finding = { readonly rule: string; readonly file: string; readonly line: string };

/** What the linter says, by this repository's rules, of files that hold these texts. */
function lint(files: Readonly<Record<string, string>>, ...options: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "treeline-lint-"));
  try {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const { status, stdout } = spawnSync(join(root, "node_modules", ".bin", "oxlint"), [...options, "-f", "json"], {
      cwd: folder,
      encoding: "utf8",
    });
    const findings = answer.parse(JSON.parse(stdout)).diagnostics.map(({ code, filename, labels }): Finding => {
      const line = files[filename]?.split("\n")[(labels[0]?.span.line ?? 0) - 1] ?? "";
      return { rule: code, file: filename, line };
    });
    return { status, findings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `#` becomes the number of the line, so that no name comes twice. */
const valueForms = (from: string) => [
  `import { value as value# } from "${from}";`,
  `export * from "${from}";`,
  `export const later# = import("${from}");`,
];
const typeForms = (from: string) => [`import type { Type as Type# } from "${from}";`];

type Room = {
  readonly file: string;
  readonly allowed: readonly string[];
  /** Only `import type`. */
  readonly types?: readonly string[];
  readonly refused: readonly string[];
};

const rooms: readonly Room[] = [
  {
    file: "graph/planted.ts",
    allowed: ["./ids"],
    refused: ["zod", "ajv", "pg", "node:fs", "../db/client", "../blocks/catalog", "../config/env", "../utils/texts"],
  },
  { file: "graph/check.ts", allowed: ["./ids", "ajv"], refused: ["zod", "node:crypto", "../db/schema"] },
  { file: "graph/schema.ts", allowed: ["./ids", "zod"], refused: ["ajv", "node:crypto", "../db/schema"] },
  {
    file: "blocks/planted.ts",
    allowed: ["./pins", "../graph/block"],
    types: ["pino"],
    refused: ["undici", "node:fs", "../db/client", "../workflows/messages"],
  },
  {
    file: "blocks/catalog.ts",
    allowed: ["./web/definition", "../graph/block"],
    refused: ["./web/run", "./registry", "zod", "../db/graphs"],
  },
  {
    file: "blocks/planted/definition.ts",
    allowed: ["../pins", "../../graph/json", "zod"],
    refused: ["./run", "../registry", "../web/run", "undici", "node:net", "../../db/schema"],
  },
  {
    file: "blocks/planted/run.ts",
    allowed: ["./definition", "../block", "../template/render", "../../graph/json", "undici", "node:net"],
    types: ["pino"],
    refused: ["drizzle-orm", "@temporalio/activity", "../../db/client", "../../activities/index", "../../config/env"],
  },
  {
    file: "workflows/planted.ts",
    allowed: ["./messages", "../graph/ids", "@temporalio/workflow", "@temporalio/common"],
    types: ["../activities/index", "../blocks/block", "../blocks/registry", "../graph/schema"],
    refused: [
      "zod",
      "pg",
      "node:crypto",
      "../db/client",
      "../config/env",
      "../api/app",
      "../worker/bundle",
      "@temporalio/client",
    ],
  },
  {
    file: "activities/planted.ts",
    allowed: [
      "./segment",
      "../blocks/registry",
      "../blocks/block",
      "../blocks/credential",
      "../db/step",
      "../graph/deliver",
      "../workflows/messages",
    ],
    types: ["pino"],
    refused: [
      "drizzle-orm",
      "pg",
      "zod",
      "express",
      "@temporalio/client",
      "@temporalio/worker",
      "@temporalio/workflow",
      "../blocks/web/run",
      "../workflows/execution",
      "../graph/schema",
      "../config/env",
      "../api/app",
      "../worker/bundle",
    ],
  },
  {
    file: "db/planted.ts",
    allowed: ["./client", "../graph/ids", "drizzle-orm", "drizzle-orm/pg-core", "pg", "node:crypto"],
    refused: [
      "zod",
      "express",
      "@temporalio/client",
      "../activities/segment",
      "../workflows/messages",
      "../config/env",
      "../blocks/catalog",
    ],
  },
  { file: "db/main.ts", allowed: ["./migrate", "../config/env"], refused: ["./client", "pg", "node:fs", "../api/app"] },
  {
    file: "worker/planted.ts",
    allowed: [
      "./bundle",
      "../activities/index",
      "../blocks/registry",
      "../db/client",
      "../config/env",
      "../workflows/messages",
    ],
    refused: [
      "../workflows/index",
      "../workflows/execution",
      "../api/app",
      "../local/up",
      "express",
      "pg",
      "drizzle-orm",
    ],
  },
  {
    file: "api/planted.ts",
    allowed: [
      "./app",
      "../blocks/catalog",
      "../db/stops",
      "../graph/schema",
      "../workflows/messages",
      "../config/env",
      "express",
      "zod",
    ],
    refused: [
      "../activities/index",
      "../worker/process",
      "../blocks/registry",
      "../workflows/execution",
      "../local/up",
      "pg",
      "drizzle-orm",
    ],
  },
  {
    file: "api/routes/planted.ts",
    allowed: ["../deps", "../resources/stop", "../../db/stops", "../../graph/schema", "express", "zod"],
    refused: [
      "../../config/env",
      "../../worker/process",
      "../../activities/index",
      "../../blocks/registry",
      "pg",
      "@temporalio/client",
    ],
  },
  {
    file: "config/planted.ts",
    allowed: ["./env", "zod", "node:path", "node:fs"],
    refused: ["node:http", "pino", "../graph/ids", "../local/up"],
  },
  {
    file: "local/planted.ts",
    allowed: ["./up", "../config/env", "pg", "zod", "node:fs"],
    refused: ["../graph/ids", "../db/client", "../api/process", "../worker/process", "../cli/main", "drizzle-orm"],
  },
  {
    file: "local/up.ts",
    allowed: ["./services", "../api/process", "../worker/process", "../db/migrate", "../config/env"],
    refused: ["../api/app", "../db/client", "../activities/index", "../workflows/messages"],
  },
  {
    file: "local/audit.ts",
    allowed: ["./data-folder", "../worker/audit-once", "../config/env"],
    refused: ["../worker/process", "../db/audit", "../db/client", "@temporalio/client", "pg"],
  },
  {
    file: "cli/planted.ts",
    allowed: ["./main", "../local/data-folder", "../config/env", "commander"],
    types: ["../api/resources/execution", "../graph/status"],
    refused: ["../db/client", "../worker/process", "../activities/index", "pg", "@temporalio/client"],
  },
  {
    file: "cli/commands/planted.ts",
    allowed: ["./run", "../client", "../../local/up", "../../config/env", "commander"],
    types: ["../../graph/status"],
    refused: ["../../db/client", "../../worker/process", "../../activities/index", "pg", "@temporalio/client"],
  },
  {
    file: "bench/planted.ts",
    allowed: [
      "./main",
      "../local/services",
      "../worker/process",
      "../api/process",
      "../blocks/pins",
      "@temporalio/worker",
      "pg",
    ],
    refused: ["../db/client", "../activities/index", "../api/app", "../workflows/messages", "drizzle-orm", "express"],
  },
];

/** The imports that a file of this room may have, and those it may not, one a line. */
function plant({ allowed, types = [], refused }: Room) {
  const good = [...allowed.flatMap(valueForms), ...[...allowed, ...types].flatMap(typeForms)];
  const bad = [...[...types, ...refused].flatMap(valueForms), ...refused.flatMap(typeForms)];
  const lines = [...good, ...bad].map((line, number) => line.replace("#", String(number)));
  return { text: lines.join("\n"), bad: lines.slice(good.length) };
}

/** One run of the linter for all rooms: its start is what takes the time. */
let linted: ReturnType<typeof lint> | undefined;
const lintRooms = () => (linted ??= lint(Object.fromEntries(rooms.map((room) => [room.file, plant(room).text]))));

describe("the rooms' imports", () => {
  test.each(rooms)("$file may import what its room allows, and nothing else", (room) => {
    const { status, findings } = lintRooms();
    const flagged = findings.filter(({ file, rule }) => file === room.file && rule === "eslint(no-restricted-imports)");
    expect(flagged.map(({ line }) => line).toSorted()).toEqual(plant(room).bad.toSorted());
    expect(status).toBe(1);
  });
});

describe("the linter", () => {
  const planted: readonly (readonly [file: string, rule: string | null, text: string])[] = [
    ["graph/floating.ts", "typescript(no-floating-promises)", "export function act(): void {\nPromise.resolve();\n}"],
    [
      "graph/switch.ts",
      "typescript(switch-exhaustiveness-check)",
      'export function act(kind: "a" | "b"): number {\nswitch (kind) {\ncase "a":\nreturn 1;\n}\nreturn 2;\n}',
    ],
    ["graph/any.ts", "typescript(no-explicit-any)", "export const value: any = 1;"],
    ["graph/require.ts", "typescript(no-require-imports)", 'export const value = require("./any") as unknown;'],
    [
      "graph/types.ts",
      "typescript(consistent-type-imports)",
      'import { Kind } from "./kind";\nexport const kind: Kind = "a";',
    ],
    ["graph/kind.ts", null, 'export type Kind = "a";'],
    ["graph/one.ts", "import(no-cycle)", 'import { two } from "./two";\nexport const one = (): number => two();'],
    ["graph/two.ts", "import(no-cycle)", 'import { one } from "./one";\nexport const two = (): number => one();'],
    ["graph/random.ts", "eslint(no-restricted-properties)", "export const value = Math.random();"],
    ["graph/clock.ts", "eslint(no-restricted-globals)", "export const value = performance.now();"],
    ["db/environment.ts", "node(no-process-env)", 'export const value = process.env["PORT"];'],
    ["db/good.ts", null, "export const twice = (value: number): number => value * 2;"],
  ];

  test("fails a file for the rule that it breaks, and for nothing else", () => {
    const tsconfig = JSON.stringify({ compilerOptions: { strict: true, target: "es2023", module: "node20" } });
    const files = Object.fromEntries(planted.map(([file, , text]) => [file, `${text}\n`]));
    const { status, findings } = lint({ ...files, "tsconfig.json": tsconfig }, "--type-aware");
    const found = planted.map(([file]) => [
      file,
      ...findings.filter((one) => one.file === file).map(({ rule }) => rule),
    ]);
    expect(found).toEqual(planted.map(([file, rule]) => (rule === null ? [file] : [file, rule])));
    expect(status).toBe(1);
  });

  test("passes files that keep the rules", () => {
    const { status, findings } = lint({ "graph/twice.ts": "export const twice = (value: number) => value * 2;\n" });
    expect(findings).toEqual([]);
    expect(status).toBe(0);
  });
});
