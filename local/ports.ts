import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";

const remembered = z.record(z.string(), z.number());

/**
 * A free port of 127.0.0.1 for the server `name`: the one it had at the last start in this data folder, if that is free, so
 * that links and open connections outlive a restart.
 */
export async function choosePort(dataDir: string, name: string): Promise<number> {
  const file = join(dataDir, "ports.json");
  const ports = read(file);
  const last = ports[name];
  const port = last !== undefined && (await isFree(last)) ? last : await freePort();
  if (port !== last) writeFileSync(file, JSON.stringify({ ...ports, [name]: port }));
  return port;
}

export async function freePort(): Promise<number> {
  return (await listen(0)) ?? Promise.reject(new Error("127.0.0.1 has no free port"));
}

async function isFree(port: number): Promise<boolean> {
  return (await listen(port)) !== null;
}

/** The port that was listened on for a moment; null where that cannot be. */
function listen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer().once("error", () => resolve(null));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : null));
    });
  });
}

function read(file: string): Readonly<Record<string, number>> {
  try {
    return remembered.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {}; // the first start
  }
}
