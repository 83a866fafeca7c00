import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createApi } from "../../../cli/client";
import { freePort } from "../../../local/ports";

type Answer = { readonly status?: number; readonly body: unknown };

/** A server that answers each path as told, and notes what it was asked. */
async function setup(answer: (url: URL) => Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status = 200, body } = answer(new URL(request.url ?? "", "http://host"));
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    api: createApi(`http://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const problem = (status: number, detail: string, errors: unknown[] = []) => ({
  status,
  body: { status, code: "some_code", title: "Title", detail, errors },
});

test("reads as many pages as the limit takes, and no more", async () => {
  await using bundle = await setup((url) => {
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const limit = Number(url.searchParams.get("limit"));
    const executions = Array.from({ length: limit }, (_, i) => ({ id: from + i }));
    return { body: { executions, nextCursor: String(from + limit) } };
  });
  const { items, nextCursor } = await bundle.api.listExecutions({ status: ["RUNNING", "QUEUED"] }, 250);
  expect(items).toHaveLength(250);
  expect(nextCursor).toBe("250");
  expect(bundle.asked).toEqual([
    "GET /v1/executions?status=RUNNING&status=QUEUED&limit=200",
    "GET /v1/executions?status=RUNNING&status=QUEUED&limit=50&cursor=200",
  ]);
});

test.each([
  [404, "not_found"],
  [400, "refused"],
  [409, "refused"],
  [422, "refused"],
  [500, "unreachable"],
  [503, "unreachable"],
])("takes an answer with %i for %s", async (status, kind) => {
  await using bundle = await setup(() => problem(status, "why"));
  await expect(bundle.api.readExecution("id")).rejects.toMatchObject({
    ...{ kind, message: `Title (${status} some_code)`, details: ["why"], problem: { detail: "why" } },
  });
});

test("gives each fault a line of its own, and does not repeat the one that the detail tells", async () => {
  const faults = [
    { pointer: "/nodes/0", detail: "is wrong" },
    { pointer: "", detail: "lacks links" },
  ];
  await using bundle = await setup(() => problem(422, "the body is wrong: /nodes/0 is wrong (and 1 more)", faults));
  const saving = bundle.api.saveGraph({});
  await expect(saving).rejects.toMatchObject({ details: ["/nodes/0  is wrong", "/  lacks links"] });
});

test("says what is missing of an API that is not ready", async () => {
  await using bundle = await setup(() =>
    problem(503, "why", [{ pointer: "/workers", detail: "no worker: start one" }]),
  );
  expect(await bundle.api.readMissing()).toEqual([{ name: "workers", detail: "no worker: start one" }]);
});

test("tells an API that is away from a server that is not Treeline's", async () => {
  await using foreign = await setup(() => ({ status: 404, body: "<html>" }));
  await expect(foreign.api.readExecution("id")).rejects.toMatchObject({
    kind: "unreachable",
    message: "The API was not found",
  });
  await using other = await setup(() => ({ status: 404, body: { error: "no route" } }));
  await expect(other.api.readExecution("id")).rejects.toMatchObject({ kind: "unreachable" });
  const away = createApi(`http://127.0.0.1:${await freePort()}`);
  await expect(away.readExecution("id")).rejects.toMatchObject({
    kind: "unreachable",
    details: [expect.stringContaining("ECONNREFUSED"), expect.any(String)],
  });
});

test("takes an id for a part of the path, whatever is in it", async () => {
  await using bundle = await setup(() => problem(404, "why"));
  await expect(bundle.api.readExecution("../graphs?x=#1")).rejects.toMatchObject({ kind: "not_found" });
  expect(bundle.asked).toEqual(["GET /v1/executions/..%2Fgraphs%3Fx%3D%231"]);
});

test("throws the reason of a signal that aborts while it waits", async () => {
  const reason = new Error("left");
  const controller = new AbortController();
  await using bundle = await setup(() => {
    controller.abort(reason); // the answer is still under way
    return { body: {} };
  });
  await expect(bundle.api.readExecution("id", { signal: controller.signal })).rejects.toBe(reason);
});
