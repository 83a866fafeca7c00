import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { Inputs } from "../../../blocks/block";
import { sendWebRequest } from "../../../blocks/web/run";
import { contextOf, pairs } from "./run-block";

type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};
type Answer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void;

async function listen(answer: Answer) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body });
      answer({ method, url, headers, body }, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function send(inputs: Inputs, signal = new AbortController().signal) {
  return pairs(await sendWebRequest().run(inputs, contextOf({ signal, allowPrivateAddresses: true })));
}

const answerOk: Answer = (_seen, response) => response.end("ok");

describe("SendWebRequest sends", () => {
  test("a POST with a JSON body by default", async () => {
    await using server = await listen(answerOk);
    await send({ url: `${server.origin}/path?q=1`, body: { a: [1, null] }, headers: { "X-Count": 3, "X-None": null } });
    expect(server.seen).toMatchObject([{ method: "POST", url: "/path?q=1", body: '{"a":[1,null]}' }]);
    expect(server.seen[0]?.headers).toMatchObject({ "content-type": "application/json", "x-count": "3" });
    expect(server.seen[0]?.headers).not.toHaveProperty("x-none");
  });

  test("the idempotency key with what changes something, unless the graph gives one", async () => {
    await using server = await listen(answerOk);
    await send({ url: server.origin, method: "PATCH" });
    await send({ url: server.origin, headers: { "Idempotency-Key": "own" } });
    await send({ url: server.origin, method: "GET" });
    expect(server.seen.map(({ headers }) => headers["idempotency-key"])).toEqual(["key", "own", undefined]);
  });

  test("a form where JSON is not wanted", async () => {
    await using server = await listen(answerOk);
    await send({ url: server.origin, json_format: false, body: { a: "x y", b: [1, true], c: null, d: { e: 1 } } });
    expect(server.seen[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect([...new URLSearchParams(server.seen[0]?.body)]).toEqual([
      ["a", "x y"],
      ["b", "1"],
      ["b", "true"],
      ["d", '{"e": 1}'],
    ]);
  });

  test("files as a multipart form, beside the body's fields", async () => {
    await using server = await listen(answerOk);
    const files = ["data:text/plain;base64,aGVsbG8=", "data:application/json,%7B%7D"];
    await send({ url: server.origin, body: { title: "two" }, files, files_name: "docs" });
    const [seen] = server.seen;
    const form = await new Response(seen?.body ?? "", {
      headers: { "content-type": seen?.headers["content-type"] ?? "" },
    }).formData();
    expect(form.get("title")).toBe("two");
    const sent = form.getAll("docs").filter((file) => typeof file !== "string");
    expect(await Promise.all(sent.map((file) => file.text()))).toEqual(["hello", "{}"]);
    expect(sent.map(({ type }) => type)).toEqual(["text/plain", "application/json"]);
  });

  test.each(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])(
    "the method %s, without a body",
    async (method) => {
      await using server = await listen(answerOk);
      const emitted = await send({ url: server.origin, method });
      expect(server.seen).toMatchObject([{ method, body: "" }]);
      expect(emitted).toEqual([["response", method === "HEAD" ? "" : "ok"]]);
    },
  );

  test("user and password of the URL as a header", async () => {
    await using server = await listen(answerOk);
    await send({ url: server.origin.replace("//", "//ada:p%40ss@") });
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("ada:p@ss").toString("base64")}`);
  });

  test.each([
    [{ url: "ftp://example.com/x" }, "url must be an address that begins with http:// or https://"],
    [{ url: "example.com" }, "url must be an address that begins with http:// or https://"],
    [{ url: "http://x.test", method: "TRACE" }, "method must be one of GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD"],
    [{ url: "http://x.test", headers: { a: ["secret"] } }, "header a must be a text, not a list"],
    [{ url: "http://x.test", headers: { a: "secret\r\nb: c" } }, "header a has characters that cannot be sent"],
    [{ url: "http://x.test", files: [7] }, "file 0 must be a URL, a data URI or a reference to a file"],
    [{ url: "http://x.test", files: ["data:nonsense"] }, "file 0 is a malformed data URI"],
  ])("nothing for %j", async (inputs, message) => {
    await expect(send(inputs)).rejects.toMatchObject({ code: "invalid_input", message });
  });
});

describe("SendWebRequest emits", () => {
  test.each([
    [200, "response"],
    [201, "response"],
    [299, "response"],
    [304, "server_error"],
    [400, "client_error"],
    [499, "client_error"],
    [500, "server_error"],
    [503, "server_error"],
  ])("an answer %d on %s, once", async (status, pin) => {
    await using server = await listen((_seen, response) =>
      response.writeHead(status).end(status === 304 ? "" : '{"n": 1}'),
    );
    expect(await send({ url: server.origin, method: "GET" })).toEqual([[pin, status === 304 ? "" : { n: 1 }]]);
    expect(server.seen).toHaveLength(1);
  });

  test("JSON of any kind parsed, whatever its content type, and else the text", async () => {
    const bodies = ['[1, "x"]', "12", "null", "", "plain", '{"open": '];
    await using server = await listen(({ url }, response) => response.end(bodies[Number(url.slice(1))]));
    const emitted = await Promise.all(bodies.map((_, i) => send({ url: `${server.origin}/${i}` })));
    expect(emitted.map(([first]) => first?.[1])).toEqual([[1, "x"], 12, null, "", "plain", '{"open": ']);
  });

  test.each([
    ["gzip", gzipSync("decoded")],
    ["br", brotliCompressSync("decoded")],
    ["deflate", deflateSync("decoded")],
  ])("an answer in %s decoded", async (encoding, body) => {
    await using server = await listen((_seen, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(body),
    );
    expect(await send({ url: server.origin })).toEqual([["response", "decoded"]]);
  });

  test("an answer without a body, though it names an encoding", async () => {
    const headers = { "content-encoding": "gzip" };
    await using server = await listen((_seen, response) => response.writeHead(200, headers).end());
    expect(await send({ url: server.origin, method: "HEAD" })).toEqual([["response", ""]]);
  });

  test("a text in its charset", async () => {
    const headers = { "content-type": 'text/plain; charset="iso-8859-1"' };
    await using server = await listen((_seen, response) =>
      response.writeHead(200, headers).end(Buffer.from("é", "latin1")),
    );
    expect(await send({ url: server.origin })).toEqual([["response", "é"]]);
  });
});

describe("SendWebRequest follows redirects", () => {
  test.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [302, "PUT", "PUT", '{"a":1}'],
    [303, "PUT", "GET", ""],
    [307, "POST", "POST", '{"a":1}'],
    [308, "POST", "POST", '{"a":1}'],
  ])("%d of a %s by a %s", async (status, method, then, body) => {
    await using server = await listen(({ url }, response) => {
      if (url === "/to") response.end("there");
      else response.writeHead(status, { location: "/to" }).end();
    });
    expect(await send({ url: `${server.origin}/from`, method, body: { a: 1 } })).toEqual([["response", "there"]]);
    expect(server.seen[1]).toMatchObject({ method: then, url: "/to", body });
    expect("content-type" in (server.seen[1]?.headers ?? {})).toBe(body !== "");
  });

  test("without credentials to another origin, with them to the same", async () => {
    await using other = await listen(answerOk);
    await using server = await listen(({ url }, response) => {
      const location = url === "/from" ? "/same" : `${other.origin}/other`;
      response.writeHead(307, { location }).end();
    });
    const headers = { Authorization: "Bearer s", Cookie: "a=b", "X-Api-Key": "k", Accept: "text/plain" };
    await send({ url: `${server.origin}/from`, headers });
    expect(server.seen[1]?.headers).toMatchObject({ authorization: "Bearer s", cookie: "a=b", "x-api-key": "k" });
    expect(other.seen[0]?.headers).toMatchObject({ accept: "text/plain", host: other.origin.slice("http://".length) });
    for (const name of ["authorization", "cookie", "x-api-key"])
      expect(other.seen[0]?.headers).not.toHaveProperty(name);
  });

  test("ten times, not eleven", async () => {
    await using server = await listen(({ url }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end("there");
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(await send({ url: `${server.origin}/10` })).toEqual([["response", "there"]]);
    await expect(send({ url: `${server.origin}/11` })).rejects.toMatchObject({
      code: "too_many_redirects",
      message: `${server.origin} redirected more than 10 times`,
    });
  });
});

describe("SendWebRequest fails", () => {
  test("for an answer over 16 MiB, packed or not", async () => {
    const large = Buffer.alloc(16 * 1024 * 1024 + 1, "x");
    await using server = await listen(({ url }, response) => {
      if (url === "/packed") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(large));
      else response.end(large.subarray(url === "/fits" ? 1 : 0));
    });
    const failure = { code: "answer_too_large", message: "the answer is over 16 MiB" };
    await expect(send({ url: `${server.origin}/plain` })).rejects.toMatchObject(failure);
    await expect(send({ url: `${server.origin}/packed` })).rejects.toMatchObject(failure);
    const [[, fitting] = []] = await send({ url: `${server.origin}/fits` });
    expect(fitting).toHaveLength(large.length - 1);
  });

  test("for a server that is not there or hangs up, after one attempt and with nothing secret in the message", async () => {
    await using server = await listen((_seen, _response, request) => request.socket.destroy());
    const secret = { headers: { authorization: "hunter2" }, method: "GET" };
    const url = `${server.origin.replace("//", "//ada:hunter2@")}/hunter2?token=hunter2#hunter2`;
    await expect(send({ ...secret, url })).rejects.toMatchObject({
      code: "request_failed",
      retryable: false,
      message: `the request to ${server.origin} failed: UND_ERR_SOCKET`,
    });
    expect(server.seen).toHaveLength(1);
    await expect(send({ ...secret, url: "http://127.0.0.1:1/hunter2" })).rejects.toMatchObject({
      message: "the request to http://127.0.0.1:1 failed: ECONNREFUSED",
    });
  });

  test("for an encoding that is not known", async () => {
    await using server = await listen((_seen, response) =>
      response.writeHead(200, { "content-encoding": "x-own" }).end("?"),
    );
    await expect(send({ url: server.origin })).rejects.toMatchObject({ code: "answer_unreadable" });
  });
});

describe("SendWebRequest ends by an abort, with its reason,", () => {
  test("before the answer and in the middle of it, and the server sees the end", async () => {
    for (const begin of [false, true]) {
      const stop = new AbortController();
      const reason = new Error("fenced");
      const { promise: closed, resolve: sawClose } = promiseOf();
      await using server = await listen((_seen, response) => {
        response.once("close", sawClose);
        if (begin) response.write("the first half", () => stop.abort(reason));
        else stop.abort(reason);
      });
      await expect(send({ url: server.origin }, stop.signal)).rejects.toBe(reason);
      await closed;
    }
  });

  test("before anything is sent", async () => {
    await using server = await listen(answerOk);
    const reason = new Error("fenced");
    await expect(send({ url: server.origin }, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.seen).toEqual([]);
  });
});

test("SendWebRequest has a connection for each of many requests at once", async () => {
  const together = 50;
  const held: ServerResponse[] = [];
  await using server = await listen((_seen, response) => {
    held.push(response);
    if (held.length === together) for (const each of held) each.end("ok");
  });
  const block = sendWebRequest();
  const all = Array.from({ length: together }, () =>
    block.run({ url: server.origin }, contextOf({ allowPrivateAddresses: true })),
  );
  expect(await Promise.all(all)).toHaveLength(together);
});

function promiseOf() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}
