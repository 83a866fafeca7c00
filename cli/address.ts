import { isIPv6 } from "node:net";
import type { Config } from "../config/env";
import { readRunning } from "../local/data-folder";

export type ApiAddress = { readonly url: string; /** How it was found, for messages. */ readonly from: string };

/** Where the API is: `given` by --api, else what runs in the data folder, else where HOST and PORT would have it. */
export function findApi(given: string | undefined, config: Pick<Config, "dataDir" | "host" | "port">): ApiAddress {
  if (given !== undefined) return { url: given, from: "--api" };
  const ready = readRunning(config.dataDir)?.ready;
  if (ready) return { url: ready.api, from: `what runs in ${config.dataDir}` };
  return { url: `http://${reachable(config.host)}:${config.port}`, from: "HOST and PORT" };
}

/** A server that listens on all addresses is reached at the local one. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return isIPv6(host) ? `[${host}]` : host;
}
