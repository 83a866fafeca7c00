import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "../../local/process";
import type { ProcessMark } from "../../local/process";
import { startServices } from "../../local/services";
import { atEnd } from "./cleanup";
import { localConfig, testFolder } from "./folders";

/** A process of its own, in a process group of its own as in a terminal, that has started servers in `dataDir`. */
async function startOwner(dataDir: string) {
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "owner.ts"), dataDir], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  const { servers } = JSON.parse(await nextLine()) as { servers: ProcessMark[] };
  const signalGroup = (signal: NodeJS.Signals) => process.kill(-(child.pid ?? 0), signal);
  atEnd(() => waitUntilGone(servers));
  return { child, servers, nextLine, signalGroup };
}

async function waitUntilGone(servers: readonly ProcessMark[]): Promise<void> {
  while (servers.some(isRunning)) await delay(20); // jest's timeout is the limit
}

describe("the embedded servers", () => {
  test("end when their owner is killed", async () => {
    const owner = await startOwner(testFolder());
    expect(owner.servers.map(isRunning)).toEqual([true, true]);
    owner.signalGroup("SIGKILL");
    await waitUntilGone(owner.servers);
  });

  test("do not feel a Ctrl-C of their owner's terminal before it stops them", async () => {
    const owner = await startOwner(testFolder());
    const exited = once(owner.child, "exit");
    owner.signalGroup("SIGINT");
    expect(await owner.nextLine()).toBe("Postgres still answers");
    expect(await exited).toEqual([0, null]);
    expect(owner.servers.map(isRunning)).toEqual([false, false]);
  });

  test("start again in the folder of a killed owner, at once and on the same ports", async () => {
    const dataDir = testFolder();
    const owner = await startOwner(dataDir);
    owner.signalGroup("SIGKILL");
    await once(owner.child, "exit");
    const services = await startServices(localConfig(dataDir), () => {});
    expect(owner.servers.map(isRunning)).toEqual([false, false]);
    await services.stop();
  });
});
