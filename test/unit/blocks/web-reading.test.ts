import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Inputs } from "../../../blocks/block";
import type { Credential } from "../../../blocks/credential";
import { readRssFeed } from "../../../blocks/web/feed";
import { createSend } from "../../../blocks/web/send";
import { getWikipediaSummary } from "../../../blocks/web/wikipedia";
import { contextOf, pairs, runRemote } from "./run-block";

type Seen = { readonly url: string; readonly headers: IncomingHttpHeaders };

async function listen(answer: (seen: Seen, response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const one = { url: request.url ?? "", headers: request.headers };
    seen.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    port,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const allowPrivateAddresses = true;

describe("SendAuthenticatedWebRequest", () => {
  const send = (inputs: Inputs, host: string, headers: Record<string, string> = { "X-Acme": "s3cret-value" }) => {
    const credential: Credential = { id: "c", provider: "http", type: "host_scoped", host, headers };
    const context = { allowPrivateAddresses, credentials: [credential] };
    return runRemote("SendAuthenticatedWebRequest", { credentials: { id: "c" }, ...inputs }, context);
  };

  test("sends the credential's headers, which win over those of the inputs", async () => {
    await using server = await listen((_seen, response) => response.end("{}"));
    expect(await send({ url: server.origin, headers: { "x-acme": "mine", a: "b" } }, "127.0.0.1")).toEqual([
      ["response", {}],
    ]);
    expect(server.seen[0]?.headers).toMatchObject({ "x-acme": "s3cret-value", a: "b" });
  });

  test.each(["example.com", "27.0.0.1", "*.127.0.0.1"])("sends nothing with a credential for %s", async (host) => {
    await using server = await listen((_seen, response) => response.end());
    await expect(send({ url: server.origin }, host)).rejects.toMatchObject({
      code: "invalid_input",
      message: `credentials are for ${host}, not for this url`,
    });
    expect(server.seen).toEqual([]);
  });

  test("sends it to a host with the port it names, and to hosts below a star", async () => {
    await using server = await listen((_seen, response) => response.end());
    await send({ url: server.origin }, `127.0.0.1:${server.port}`);
    await send({ url: server.origin }, "*.0.0.1");
    expect(server.seen).toHaveLength(2);
  });

  test("does not send it on to where it is redirected, whatever the header is called", async () => {
    await using other = await listen((_seen, response) => response.end("other"));
    await using server = await listen((_seen, response) => response.writeHead(307, { location: other.origin }).end());
    expect(await send({ url: server.origin, headers: { "x-plain": "1" } }, "127.0.0.1")).toEqual([
      ["response", "other"],
    ]);
    expect(server.seen[0]?.headers["x-acme"]).toBe("s3cret-value");
    expect(other.seen[0]?.headers).toMatchObject({ "x-plain": "1" });
    expect(other.seen[0]?.headers).not.toHaveProperty("x-acme");
  });

  test("needs a credential of its type", async () => {
    const key: Credential = { id: "c", provider: "acme", type: "api_key", apiKey: "k" };
    const sending = runRemote(
      "SendAuthenticatedWebRequest",
      { url: "http://x.test", credentials: { id: "c" } },
      { credentials: [key] },
    );
    await expect(sending).rejects.toMatchObject({ message: "credentials must name one of the type host_scoped" });
  });

  test("refuses private addresses like SendWebRequest", async () => {
    const credential: Credential = { id: "c", provider: "http", type: "host_scoped", host: "127.0.0.1", headers: {} };
    const inputs = { url: "http://127.0.0.1:1/", credentials: { id: "c" } };
    await expect(runRemote("SendAuthenticatedWebRequest", inputs, { credentials: [credential] })).rejects.toMatchObject(
      {
        code: "address_refused",
      },
    );
  });
});

describe("GetWikipediaSummary", () => {
  const ask = async (topic: string, status: number, body: string) => {
    await using server = await listen((_seen, response) => response.writeHead(status).end(body));
    const block = getWikipediaSummary(createSend(), `${server.origin}/summary/`);
    const emitted = pairs(await block.run({ topic }, contextOf({ allowPrivateAddresses })));
    return { emitted, url: server.seen[0]?.url };
  };

  test("emits the extract of the page", async () => {
    expect(await ask("Ada Lovelace/é", 200, '{"extract": "A mathematician."}')).toEqual({
      emitted: [["summary", "A mathematician."]],
      url: "/summary/Ada_Lovelace%2F%C3%A9",
    });
  });

  test.each([
    [404, "{}", "not_found", false],
    [429, "{}", "request_failed", true],
    [503, "{}", "request_failed", true],
    [403, "{}", "request_failed", false],
    [200, "<html>", "answer_unreadable", false],
  ])("fails for an answer %d %s with %s, retryable: %s", async (status, body, code, retryable) => {
    await expect(ask("x", status, body)).rejects.toMatchObject({ code, retryable });
  });
});

test("a page that cannot be reached is asked for again", async () => {
  const block = getWikipediaSummary(createSend(), "http://127.0.0.1:1/");
  await expect(block.run({ topic: "x" }, contextOf({ allowPrivateAddresses }))).rejects.toMatchObject({
    code: "request_failed",
    retryable: true,
  });
});

describe("ReadRSSFeed", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const read = async (body: string, more: Inputs = {}, status = 200) => {
    await using server = await listen((_seen, response) => response.writeHead(status).end(body));
    const block = readRssFeed(createSend(), () => now);
    const inputs = { rss_url: server.origin, polling_rate: 60, ...more };
    return pairs(await block.run(inputs, contextOf({ allowPrivateAddresses })));
  };
  const item = (title: string, pubDate: string) =>
    `<item><title>${title}</title><link>http://x.test/${title}</link><description>about &amp; ${title}</description>
     <pubDate>${pubDate}</pubDate><author>ada@x.test (Ada)</author><category>c1</category><category>c2</category></item>`;
  const rss = (...items: string[]) =>
    `<?xml version="1.0"?><rss version="2.0"><channel>${items.join("")}</channel></rss>`;
  const entry = (title: string, pub_date: string) => ({
    ...{ title, link: `http://x.test/${title}`, description: `about & ${title}`, pub_date, author: "Ada" },
    categories: ["c1", "c2"],
  });

  test("emits each entry of the period, in the feed's order, then all of them", async () => {
    const feed = rss(
      item("new", "Sat, 21 Nov 2026 11:00:00 GMT"),
      item("old", "Fri, 20 Nov 2026 11:00:00 GMT"),
      item("day", "Fri, 20 Nov 2026 13:00:00 GMT"),
    );
    const entries = [entry("new", "2026-11-21T11:00:00.000Z"), entry("day", "2026-11-20T13:00:00.000Z")];
    expect(await read(feed)).toEqual([
      ["entry", entries[0]],
      ["entry", entries[1]],
      ["entries", entries],
    ]);
    expect((await read(feed, { time_period: 90 })).at(-1)).toEqual(["entries", [entries[0]]]);
  });

  test("reads Atom too, and takes what has no date for new", async () => {
    const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>a</title><link href="http://x.test/a"/>
      <updated>2026-11-21T11:30:00Z</updated><author><name>Bob</name></author><summary>s</summary></entry>
      <entry><title>b</title></entry></feed>`;
    expect((await read(atom)).at(-1)).toEqual([
      "entries",
      [
        {
          ...{ title: "a", link: "http://x.test/a", description: "s", author: "Bob", categories: [] },
          pub_date: "2026-11-21T11:30:00.000Z",
        },
        { title: "b", link: "", description: "", pub_date: null, author: "", categories: [] },
      ],
    ]);
  });

  test("without entries emits the empty list", async () => {
    expect(await read(rss())).toEqual([["entries", []]]);
  });

  test.each([
    ["<html></html>", 200, "feed_invalid", false],
    ["", 404, "request_failed", false],
    ["", 500, "request_failed", true],
  ])("shows what is wrong: %j with %d is %s", async (body, status, code, retryable) => {
    await expect(read(body, {}, status)).rejects.toMatchObject({ code, retryable });
  });
});
