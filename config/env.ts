import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65535);
const bytes = z.coerce.number().int().min(1024);
const age = z
  .string()
  .regex(/^\d+[smhd]$/, 'not an age such as "12h" or "30d"')
  .transform((text) => Number(text.slice(0, -1)) * ageUnits[text.slice(-1) as keyof typeof ageUnits]);
const ageUnits = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const roots = z.coerce.number().int().min(1);
const count = z.coerce.number().int().min(1);
const duration = z
  .string()
  .regex(/^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/, 'not a duration such as "90m" or "1h30m"')
  .refine((text) => /[1-9]/.test(text), "must be longer than 0");
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

function url(...protocols: readonly string[]) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  });
}

/** Every variable of Treeline, with its default. `.env.example` says what each is for; a test keeps the two equal. */
export const variables = z.object({
  PORT: port.default(8080),
  HOST: z.string().default("127.0.0.1"),
  DATABASE_URL: url("postgres:", "postgresql:").optional(),
  DATABASE_DIRECT_URL: url("postgres:", "postgresql:").optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^\S+:\d+$/, "not host:port")
    .optional(),
  TEMPORAL_NAMESPACE: z.string().default("default"),
  TEMPORAL_CLI_PATH: z.string().optional(),
  TEMPORAL_UI_URL: url("http:", "https:").optional(),
  TREELINE_DATA_DIR: z.string().default(".treeline"),
  TREELINE_TEMPORAL_PORT: port.optional(),
  TREELINE_POSTGRES_PORT: port.optional(),
  TREELINE_TASK_QUEUE: z.string().default("treeline"),
  TREELINE_AUDIT_SECONDS: z.coerce.number().min(0.1).max(3600).default(3),
  TREELINE_MAX_BODY_BYTES: bytes.default(17 * 1024 * 1024), // one value of the largest size, with what is around it
  TREELINE_MAX_VALUE_BYTES: bytes.default(16 * 1024 * 1024),
  TREELINE_MAX_FILE_BYTES: bytes.default(100 * 1024 * 1024),
  TREELINE_ROOTS_PER_OWNER: roots.optional(),
  TREELINE_ROOTS_PER_GRAPH: roots.optional(),
  TREELINE_KEEP_ENDED: age.optional(),
  TREELINE_KEEP_EVENTS: age.optional(),
  TREELINE_MAX_DEPTH: z.coerce.number().int().min(0).optional(),
  TREELINE_MAX_CHILDREN: count.optional(),
  TREELINE_MAX_EXECUTIONS: count.optional(),
  TREELINE_MAX_NODE_EXECUTIONS: count.optional(),
  TREELINE_MAX_ITERATIONS: count.optional(),
  TREELINE_MAX_RUN_TIME: duration.optional(),
  TREELINE_HTTP_ALLOW_PRIVATE: flag.default(false),
  TREELINE_LLM_URL: url("http:", "https:").optional(),
  TREELINE_LLM_KEY: z.string().optional(),
  TREELINE_LLM_MODEL: z.string().default("gpt-4o-mini"),
  TREELINE_LLM_MODELS: z.string().optional(),
  TREELINE_PRICES_FILE: z.string().optional(),
  TREELINE_CREDENTIALS_FILE: z.string().optional(),
  TREELINE_CREDENTIALS: z.string().optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

/** Variables whose values may hold a password: an error never repeats them. */
const secrets: ReadonlySet<string> = new Set([
  ...["DATABASE_URL", "DATABASE_DIRECT_URL"],
  ...["TREELINE_LLM_URL", "TREELINE_LLM_KEY", "TREELINE_CREDENTIALS"],
]);

export type Config = {
  readonly port: number;
  readonly host: string;
  /** null: the embedded Postgres. */
  readonly databaseUrl: string | null;
  /** For LISTEN, where a pooler stands between; null: as `databaseUrl`. */
  readonly databaseDirectUrl: string | null;
  /** host:port; null: the embedded dev server. */
  readonly temporalAddress: string | null;
  readonly temporalNamespace: string;
  readonly temporalCliPath: string | null;
  readonly temporalUiUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** null: a free one. */
  readonly temporalPort: number | null;
  readonly postgresPort: number | null;
  readonly taskQueue: string;
  /** Pause between two rounds of the auditor. */
  readonly auditEveryMs: number;
  readonly maxBodyBytes: number;
  readonly maxValueBytes: number;
  readonly maxFileBytes: number;
  /** Roots that may be begun at a time; null: any number. The others stay QUEUED, in order. */
  readonly rootsPerOwner: number | null;
  readonly rootsPerGraph: number | null;
  /** Ages in ms after which ended trees and events are deleted; null: never. */
  readonly keepEndedMs: number | null;
  readonly keepEventsMs: number | null;
  /** Limits that no graph and no start may pass; undefined: it may be any. */
  readonly maxima: {
    readonly depth: number | undefined;
    readonly children: number | undefined;
    readonly executions: number | undefined;
    readonly nodeExecutions: number | undefined;
    readonly iterations: number | undefined;
    readonly runTime: string | undefined;
  };
  readonly httpAllowPrivate: boolean;
  /** Where language models answer; null: LLM blocks fail and say so. */
  readonly models: {
    readonly baseUrl: string;
    readonly apiKey: string | null;
    readonly model: string;
    readonly known: readonly string[];
  } | null;
  /** Absolute; null: every block costs what it says itself. config/prices.ts reads it. */
  readonly pricesFile: string | null;
  /** Absolute; null: none. */
  readonly credentialsFile: string | null;
  /** JSON, in the form of the file; config/credentials.ts reads both. */
  readonly credentials: string | null;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Absolute; what is built or downloaded once for all clones. */
  readonly cacheDir: string;
  /** PATH, where `temporal` is looked for. */
  readonly searchPath: string;
};

/**
 * The one reading of the environment; an empty variable counts as unset. Throws one error that lists every bad variable with
 * its value (never a secret's).
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = variables.safeParse(given);
  if (!parsed.success) throw new Error(describe(parsed.error, given));
  const read = parsed.data;
  return {
    port: read.PORT,
    host: read.HOST,
    databaseUrl: read.DATABASE_URL ?? null,
    databaseDirectUrl: read.DATABASE_DIRECT_URL ?? null,
    temporalAddress: read.TEMPORAL_ADDRESS ?? null,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    temporalCliPath: read.TEMPORAL_CLI_PATH ?? null,
    temporalUiUrl: read.TEMPORAL_UI_URL ?? null,
    dataDir: resolve(read.TREELINE_DATA_DIR),
    temporalPort: read.TREELINE_TEMPORAL_PORT ?? null,
    postgresPort: read.TREELINE_POSTGRES_PORT ?? null,
    taskQueue: read.TREELINE_TASK_QUEUE,
    auditEveryMs: read.TREELINE_AUDIT_SECONDS * 1_000,
    maxBodyBytes: read.TREELINE_MAX_BODY_BYTES,
    maxValueBytes: read.TREELINE_MAX_VALUE_BYTES,
    maxFileBytes: read.TREELINE_MAX_FILE_BYTES,
    rootsPerOwner: read.TREELINE_ROOTS_PER_OWNER ?? null,
    rootsPerGraph: read.TREELINE_ROOTS_PER_GRAPH ?? null,
    keepEndedMs: read.TREELINE_KEEP_ENDED ?? null,
    keepEventsMs: read.TREELINE_KEEP_EVENTS ?? null,
    maxima: {
      depth: read.TREELINE_MAX_DEPTH,
      children: read.TREELINE_MAX_CHILDREN,
      executions: read.TREELINE_MAX_EXECUTIONS,
      nodeExecutions: read.TREELINE_MAX_NODE_EXECUTIONS,
      iterations: read.TREELINE_MAX_ITERATIONS,
      runTime: read.TREELINE_MAX_RUN_TIME,
    },
    httpAllowPrivate: read.TREELINE_HTTP_ALLOW_PRIVATE,
    models: modelsOf(read),
    pricesFile: read.TREELINE_PRICES_FILE === undefined ? null : resolve(read.TREELINE_PRICES_FILE),
    credentialsFile: read.TREELINE_CREDENTIALS_FILE === undefined ? null : resolve(read.TREELINE_CREDENTIALS_FILE),
    credentials: read.TREELINE_CREDENTIALS ?? null,
    logLevel: read.LOG_LEVEL,
    cacheDir: join(given["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "treeline"),
    searchPath: given["PATH"] ?? "",
  };
}

function modelsOf(read: z.infer<typeof variables>): Config["models"] {
  if (read.TREELINE_LLM_URL === undefined) return null;
  const others = (read.TREELINE_LLM_MODELS ?? "").split(",").map((name) => name.trim());
  return {
    baseUrl: read.TREELINE_LLM_URL,
    apiKey: read.TREELINE_LLM_KEY ?? null,
    model: read.TREELINE_LLM_MODEL,
    known: [read.TREELINE_LLM_MODEL, ...others.filter((name) => name !== "")],
  };
}

function describe(error: z.ZodError, given: NodeJS.ProcessEnv): string {
  const lines = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const value = secrets.has(name) ? "(not shown)" : JSON.stringify(given[name]);
    return `  ${name}=${value}: ${issue.message}`;
  });
  return ["The environment has bad values (.env.example describes each variable):", ...lines].join("\n");
}
