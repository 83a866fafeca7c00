import { accessSync, constants, existsSync } from "node:fs";
import type { Config } from "../config/env";
import { readRunning } from "../local/data-folder";
import { findApi } from "./address";
import { createApi, type Missing } from "./client";
import { readEnvironment } from "./environment";
import { Failure } from "./failure";

export type Finding = {
  readonly name: string;
  readonly state: "ok" | "wrong" | "unknown";
  readonly says: string;
  /** What helps; null where nothing has to. */
  readonly remedy: string | null;
};

/** As in package.json and in local/bootstrap.mjs. */
const oldestNode = [20, 19] as const;
const apiNeeds = ["postgres", "temporal", "workers"];

/** Looks at everything a user needs; `api` is the URL given by --api. Never throws. */
export async function examine(api: string | undefined): Promise<readonly Finding[]> {
  const config = tryReadEnvironment();
  if (config instanceof Failure) {
    const remedy = `${config.details.join("; ")}: correct it in the shell or in .env`;
    return [examineNode(process.versions.node), { name: "environment", state: "wrong", says: config.message, remedy }];
  }
  return [
    examineNode(process.versions.node),
    { name: "environment", state: "ok", says: "every variable can be read", remedy: null },
    examineFolder(config.dataDir),
    ...(await examineApi(api, config)),
  ];
}

function tryReadEnvironment(): Config | Failure {
  try {
    return readEnvironment();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  const says = `${version}; ${oldestNode.join(".")} or later is needed`;
  return { name: "node", state: isOld ? "wrong" : "ok", says, remedy: isOld ? "get it from https://nodejs.org" : null };
}

function examineFolder(dataDir: string): Finding {
  const name = "data folder";
  const running = readRunning(dataDir);
  if (running) {
    const doing = running.ready ? "runs" : "is starting";
    return { name, state: "ok", says: `${dataDir}: process ${running.owner.pid} ${doing} in it`, remedy: null };
  }
  if (!existsSync(dataDir)) return { name, state: "ok", says: `${dataDir}: the first start makes it`, remedy: null };
  if (!isWritable(dataDir)) {
    return {
      name,
      state: "wrong",
      says: `${dataDir} cannot be written to`,
      remedy: "set TREELINE_DATA_DIR to one that can",
    };
  }
  return { name, state: "ok", says: `${dataDir}: nothing runs in it`, remedy: null };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The API, and what it says of Postgres, Temporal and the workers. */
async function examineApi(given: string | undefined, config: Config): Promise<Finding[]> {
  const { url, from } = findApi(given, config);
  try {
    const missing = await createApi(url).readMissing();
    return [
      { name: "api", state: "ok", says: `answers at ${url} (known from ${from})`, remedy: null },
      ...apiNeeds.map((name) => examineNeed(name, missing)),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const says = `${error.details[0] ?? error.message} (known from ${from})`;
    const remedy = "npm run dev starts it; --api <url> names another one";
    return [
      { name: "api", state: "wrong", says, remedy },
      ...apiNeeds.map((name) => ({ name, state: "unknown" as const, says: "only the API can tell", remedy: null })),
    ];
  }
}

/** The API says what is missing and what helps in one sentence: "<what>: <remedy>". */
function examineNeed(name: string, missing: readonly Missing[]): Finding {
  const found = missing.find((one) => one.name === name);
  if (!found) return { name, state: "ok", says: "the API reaches it", remedy: null };
  const [says = "", remedy] = found.detail.split(/: (.*)/s);
  return { name, state: "wrong", says, remedy: remedy ?? null };
}
