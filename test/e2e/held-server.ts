import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server that holds every request until the test lets it go, and counts them by path. */
export async function startHeldServer() {
  const held: { path: string; response: ServerResponse }[] = [];
  const counts: Record<string, number> = {};
  let isOpen = false;
  const answer = ({ path, response }: (typeof held)[number]) =>
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ path }));
  const server = createServer(({ url: path = "" }, response) => {
    counts[path] = (counts[path] ?? 0) + 1;
    const request = { path, response };
    if (isOpen) answer(request);
    else held.push(request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Requests that came, by path. */
    counts,
    held: () => held.map(({ path }) => path),
    letGo(count: number) {
      for (const request of held.splice(0, count)) answer(request);
    },
    open() {
      isOpen = true;
      for (const request of held.splice(0)) answer(request);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
