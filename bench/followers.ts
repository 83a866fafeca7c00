import { fork } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";

const now = () => performance.timeOrigin + performance.now();

/** What a process of followers says: that all of them are connected, and at the end how late each event came, in milliseconds. */
type Said = { readonly open: true } | { readonly late: readonly number[] };

/** Lets so many clients follow, in a process of their own: clients are not in the API's process either. */
export async function openFollowers(url: string, clients: number): Promise<() => Promise<readonly number[]>> {
  const child = fork(require.resolve("./follower-main"), [url, String(clients)]);
  const hear = async (): Promise<Said> => {
    const [said] = (await Promise.race([once(child, "message"), once(child, "exit").then(fail)])) as [Said];
    return said;
  };
  await hear();
  return async () => {
    const said = await hear();
    return "late" in said ? said.late : fail();
  };
}

function fail(): never {
  throw new Error("the followers' process has ended without its figures");
}

/** In that process. */
export async function follow(url: string, clients: number): Promise<void> {
  const followers = await Promise.all(Array.from({ length: clients }, () => openFollower(url)));
  const since = Date.now(); // what came before is replayed
  const say = (said: Said) => new Promise((resolve) => process.send?.(said, resolve));
  await say({ open: true });
  const late = (await Promise.all(followers.map((read) => read()))).flat().filter(({ at }) => at >= since);
  await say({ late: late.map((event) => event.late) });
  process.disconnect();
}

const headers = { accept: "text/event-stream" };

type Seen = { readonly at: number; readonly late: number };

/** Follows an event stream from its first event; resolves when it is open. `read` throws where it ends without saying so. */
async function openFollower(url: string): Promise<() => Promise<readonly Seen[]>> {
  const [response] = (await once(get(url, { agent: false, headers }), "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  response.setEncoding("utf8");
  return async () => {
    const seen: Seen[] = [];
    let rest = "";
    for await (const part of response) {
      const here = now();
      const blocks = (rest + String(part)).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        if (/^event: end$/m.test(block)) return seen;
        const [, at] = /"at":"([^"]+)"/.exec(block) ?? [];
        if (at !== undefined) seen.push({ at: Date.parse(at), late: here - Date.parse(at) });
      }
    }
    throw new Error(`${url} ended without its end`);
  };
}
