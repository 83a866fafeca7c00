import { connect as connectSocket } from "node:net";
import { Registry } from "prom-client";
import type { JsonObject } from "../../graph/json";
import { testApp } from "../support/app";
import { openStream, type Sent, type Stream } from "../support/event-stream";
import { fence, newNodeId, ownerId } from "../support/factory";
import { readTable, startGrowth } from "../support/growth";
import { joinStreams } from "../support/joined-streams";
import { until } from "../support/wait";

const owner = { "X-Treeline-Owner": ownerId };

async function setup({ children = 0, ...changes }: Parameters<typeof testApp>[0] & { children?: number } = {}) {
  const app = await testApp(changes);
  const tree = await startGrowth(app.db, children);
  const path = (id: string = tree.rootId) => `/v1/executions/${id}/events`;
  return {
    ...tree,
    app,
    path,
    page: async (query: string, id?: string) => app.get(`${path(id)}${query}`, owner),
    open: (query = "", id?: string, headers = {}) =>
      openStream(`${app.url}${path(id)}${query}`, { ...owner, ...headers }),
    table: () => readTable(app.db, tree.rootId),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

const seqsOf = (body: JsonObject) => (body["events"] as JsonObject[]).map(({ seq }) => seq);
const isEvent = (sent: Sent): sent is Extract<Sent, { id: number | null }> => "event" in sent;

/** Every event until the stream ends. */
async function readAll(stream: Stream) {
  const all = [];
  for await (const sent of stream) if (isEvent(sent)) all.push(sent);
  return all;
}

/** The next events of a stream that goes on. */
async function take(blocks: AsyncGenerator<Sent>, count: number) {
  const all = [];
  while (all.length < count) {
    const { value, done } = await blocks.next();
    if (done) throw new Error(`the stream ended after ${all.length} events`);
    if (isEvent(value)) all.push(value);
  }
  return all;
}

describe("GET /v1/executions/{id}/events as pages", () => {
  test("gives every event once, in order, over as many pages as it takes", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 7);
    const seen: unknown[] = [];
    let last = 0;
    for (let pages = 0; pages < 5; pages++) {
      const { body } = await bundle.page(`?after=${last}&limit=4`);
      seen.push(...seqsOf(body));
      last = Number(body["lastSeq"]);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(last).toBe(9);
  });

  test("has the fields of API.md", async () => {
    await using bundle = await setup();
    const { body } = await bundle.page("?limit=1");
    expect(body).toEqual({
      events: [
        {
          ...{ seq: 1, type: "execution.queued", at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/), data: {} },
          ...{ rootId: bundle.rootId, executionId: bundle.rootId, nodeExecutionId: null },
        },
      ],
      lastSeq: 1,
    });
  });

  test("gives of a subtree its own events and its descendants', and a last number that skips the others'", async () => {
    await using bundle = await setup({ children: 2 });
    const [first = "", second = ""] = bundle.children;
    await bundle.grow(bundle.children[0] ?? bundle.rootId, 2); // 2 + 3 × 2 + 2 events come before: 11 and 12
    const { body } = await bundle.page("", first);
    expect(seqsOf(body)).toEqual([5, 9, 11, 12]);
    expect(body["lastSeq"]).toBe(12);
    expect(seqsOf((await bundle.page("", second)).body)).toEqual([8, 10]);
    expect(seqsOf((await bundle.page("?after=9", first)).body)).toEqual([11, 12]);
  });

  test("gives of the modes only what was asked for", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 4);
    expect(seqsOf((await bundle.page("?modes=values")).body)).toEqual([4, 6]);
    expect(seqsOf((await bundle.page("?modes=lifecycle,progress")).body)).toEqual([1, 2, 3, 5]);
    expect((await bundle.page("?modes=everything")).status).toBe(400);
  });

  test("refuses what is not there: another owner's execution, a number that no event has yet", async () => {
    await using bundle = await setup();
    expect((await bundle.app.get(bundle.path())).status).toBe(404);
    expect((await bundle.page("", "nothing")).status).toBe(404);
    expect((await bundle.page("?after=3")).body).toMatchObject({ code: "invalid_request" });
    expect((await bundle.page("?after=2")).body).toEqual({ events: [], lastSeq: 2 });
  });

  test("says clearly that a cursor is gone, and begins with what is kept without one", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 1);
    await bundle.grow(bundle.rootId, 3);
    await bundle.app.db.pool.query("delete from event_rows where seq <= 3");
    for (const answer of [await bundle.page("?after=2"), await bundle.page("?after=2", bundle.rootId)]) {
      expect(answer).toMatchObject({ status: 410, body: { code: "cursor_gone" } });
    }
    expect((await bundle.open("?after=2")).status).toBe(410);
    expect(seqsOf((await bundle.page("?after=3")).body)).toEqual([4, 5, 6]);
    expect(seqsOf((await bundle.page("")).body)).toEqual([4, 5, 6]);
  });
});

describe("GET /v1/executions/{id}/events as a stream", () => {
  test("replays an ended tree in the stream's form, and ends", async () => {
    await using bundle = await setup();
    await bundle.end(bundle.rootId);
    const stream = await bundle.open();
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const sent = await readAll(stream);
    expect(sent.map(({ id, event }) => [id, event])).toEqual([
      [1, "execution.queued"],
      [2, "execution.started"],
      [3, "execution.completed"],
      [null, "end"],
    ]);
    expect(sent[1]?.data).toEqual((await bundle.page("")).body["events"]?.[1 as never]);
    expect(sent[3]?.data).toEqual({ lastSeq: 3 });
  });

  test("goes on live where the replay ends, over more than a page, until the tree has ended", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 450);
    const stream = await bundle.open();
    const blocks = stream[Symbol.asyncIterator]();
    expect((await take(blocks, 452)).at(-1)?.id).toBe(452);
    await bundle.grow(bundle.rootId, 3);
    expect((await take(blocks, 3)).map(({ id }) => id)).toEqual([453, 454, 455]);
    await bundle.end(bundle.rootId);
    expect((await take(blocks, 2)).map(({ event }) => event)).toEqual(["execution.completed", "end"]);
    expect((await blocks.next()).done).toBe(true);
  });

  test("goes on after the Last-Event-ID, which wins over ?after=", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 3);
    await bundle.end(bundle.rootId);
    const seqs = async (query: string, headers = {}) =>
      (await readAll(await bundle.open(query, bundle.rootId, headers))).map(({ id }) => id);
    expect(await seqs("?after=4")).toEqual([5, 6, null]);
    expect(await seqs("?after=1", { "Last-Event-ID": "5" })).toEqual([6, null]);
    expect(await seqs("?after=6")).toEqual([null]);
    expect((await bundle.open("", bundle.rootId, { "Last-Event-ID": "x" })).status).toBe(400);
  });

  test("of a subtree has only its events, live too, and ends with it while the tree goes on", async () => {
    await using bundle = await setup({ children: 2 });
    const [first = bundle.rootId, second = bundle.rootId] = bundle.children;
    const stream = await bundle.open("", first);
    const blocks = stream[Symbol.asyncIterator]();
    expect((await take(blocks, 2)).map(({ id }) => id)).toEqual([5, 9]);
    await bundle.grow(second, 2);
    await bundle.grow(first, 1);
    await bundle.grow(second, 1);
    await bundle.end(first);
    expect((await take(blocks, 3)).map(({ id }) => id)).toEqual([13, 15, null]);
    expect((await blocks.next()).done).toBe(true);
  });

  test("of a stopped tree ends when the stop is closed, not before", async () => {
    await using bundle = await setup();
    const { stopId } = await fence(bundle.app.db, bundle.rootId);
    await bundle.app.db.pool.query(
      `update executions set status = 'TERMINATED', end_reason = 'stopped', stop_id = $2, ended_at = now(), ended_seq = 4 where id = $1`,
      [bundle.rootId, stopId],
    );
    const say = async (type: string) => {
      await bundle.app.db.pool.query(
        `with t as (update trees set seq = seq + 1, live_executions = 0 where root_id = $1 returning seq)
         insert into event_rows (root_id, seq, type, at, execution_id) select $1, seq, $2, now(), $1 from t`,
        [bundle.rootId, type],
      );
    };
    await say("execution.terminated");
    const blocks = (await bundle.open())[Symbol.asyncIterator]();
    expect((await take(blocks, 4)).map(({ event }) => event).slice(2)).toEqual([
      "stop.requested",
      "execution.terminated",
    ]);
    await bundle.app.db.pool.query(`update stops set status = 'CLOSED', outcome = 'stopped', closed_at = now()`);
    await say("stop.closed");
    expect((await take(blocks, 2)).map(({ event }) => event)).toEqual(["stop.closed", "end"]);
  });

  test("gives of the modes only what was asked for, and still ends", async () => {
    await using bundle = await setup();
    await bundle.grow(bundle.rootId, 4);
    await bundle.end(bundle.rootId);
    expect((await readAll(await bundle.open("?modes=values"))).map(({ id }) => id)).toEqual([4, 6, null]);
  });

  test("gives progress and text, without a number, to those who asked, of the subtree they follow", async () => {
    await using bundle = await setup({ children: 1 });
    const { db } = bundle.app;
    const { rootId } = bundle;
    const [child = rootId] = bundle.children;
    const placeOf = (executionId: typeof rootId, path: (typeof rootId)[]) => ({
      ...{ rootId, executionId, path, nodeId: "n", nodeExecutionId: newNodeId() },
    });
    const [ofRoot, ofChild] = [placeOf(rootId, [rootId]), placeOf(child, [rootId, child])];
    const open = async (query: string, id: string = rootId) => (await bundle.open(query, id))[Symbol.asyncIterator]();
    const all = await open("?after=6&modes=lifecycle,progress,tokens");
    const below = await open("?after=6&modes=lifecycle,progress,tokens", child);
    const usual = await open("?after=6");
    db.tellProgress(ofRoot, { done: 1, total: 3, message: "one" });
    db.tellText(ofChild, "Hello ");
    db.tellText(ofChild, "Ada");
    for (const id of [child, rootId]) await bundle.end(id);
    const tell = async (blocks: AsyncGenerator<Sent>) => {
      const sent = [];
      for await (const block of blocks) if (isEvent(block)) sent.push(block);
      return sent;
    };
    const told = await tell(all);
    const texts = told.filter(({ event }) => event === "node.token");
    expect(texts.map(({ data }) => (data["data"] as JsonObject)["text"]).join("")).toBe("Hello Ada");
    expect(texts[0]).toMatchObject({ id: null, data: { type: "node.token", rootId, executionId: child } });
    expect(told.find(({ event }) => event === "node.progress")).toEqual({
      id: null,
      event: "node.progress",
      data: {
        ...{ type: "node.progress", at: expect.any(String), rootId, executionId: rootId },
        ...{ nodeExecutionId: ofRoot.nodeExecutionId, data: { nodeId: "n", done: 1, total: 3, message: "one" } },
      },
    });
    const types = async (blocks: AsyncGenerator<Sent>) => new Set((await tell(blocks)).map(({ event }) => event));
    expect(await types(below)).toEqual(new Set(["node.token", "execution.completed", "end"]));
    expect(await types(usual)).toEqual(new Set(["execution.completed", "end"]));
  });

  test("misses nothing where notifications are lost", async () => {
    await using bundle = await setup();
    const silent = { ...bundle.app.db, announce: () => {} };
    const blocks = (await bundle.open())[Symbol.asyncIterator]();
    await take(blocks, 2);
    await bundle.grow(bundle.rootId, 5, {}, silent);
    expect((await take(blocks, 5)).map(({ id }) => id)).toEqual([3, 4, 5, 6, 7]);
    await bundle.end(bundle.rootId, silent);
    expect((await take(blocks, 2)).at(-1)?.event).toBe("end");
  });

  test("shows that it lives by comments", async () => {
    await using bundle = await setup({ streamTimes: { heartbeatMs: 20, stalledMs: 30_000 } });
    const stream = await bundle.open("?after=2");
    for await (const sent of stream) {
      expect(sent).toEqual({ comment: "" });
      break;
    }
    stream.cut();
  });

  test("ends without `event: end` when the process stops, so that the client comes back", async () => {
    await using bundle = await setup();
    const stream = await bundle.open();
    const blocks = stream[Symbol.asyncIterator]();
    await take(blocks, 2);
    bundle.app.stopWaiting();
    expect(await blocks.next()).toMatchObject({ value: { comment: expect.stringContaining("come back") } });
    expect((await blocks.next()).done).toBe(true);
  });

  test("lets a client go that does not read, and gives it the rest when it comes back", async () => {
    const metrics = new Registry();
    await using bundle = await setup({ metrics, streamTimes: { heartbeatMs: 15_000, stalledMs: 300 } });
    const seenOff = () =>
      until(
        () => metrics.metrics(),
        (text) => text.includes('route="/v1/executions/:id/events"'),
      );
    const { port, hostname } = new URL(bundle.app.url);
    const socket = connectSocket(Number(port), hostname);
    const closed = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
    let received = "";
    socket.write(
      `GET ${bundle.path()} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nX-Treeline-Owner: ${ownerId}\r\n\r\n`,
    );
    socket.pause();
    const filler = "x".repeat(1_000);
    for (let steps = 0; steps < 10; steps++) await bundle.grow(bundle.rootId, 2_000, { filler }); // more than sockets hold
    await bundle.end(bundle.rootId);
    await seenOff();
    socket.on("data", (part) => (received += part.toString("latin1"))).resume();
    await closed;
    const ids = [...received.matchAll(/^id: (\d+)\nevent: .*\ndata: .*\n\n/gm)].map(([, id]) => Number(id));
    const { length } = await bundle.table();
    expect(received).not.toContain("event: end");
    expect(ids.length).toBeLessThan(length);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    const rest = await readAll(await bundle.open("", bundle.rootId, { "Last-Event-ID": String(ids.at(-1)) }));
    expect(rest.length).toBe(length - ids.length + 1);
    expect(rest.at(-1)?.event).toBe("end");
  });
});

describe("many clients of one tree", () => {
  test("each one's joined stream equals the table, whenever its connection is cut", async () => {
    await using bundle = await setup({ children: 5 });
    const open = (headers: Record<string, string>) => bundle.open("", bundle.rootId, headers);
    const clients = Array.from({ length: 25 }, (_, client) => joinStreams(open, client + 1, 60));
    for (let steps = 0; steps < 60; steps++) {
      const id = [bundle.rootId, ...bundle.children][steps % 6] ?? bundle.rootId;
      await bundle.grow(id, 1 + ((steps * 7) % 20));
    }
    for (const id of [...bundle.children, bundle.rootId]) await bundle.end(id);
    const expected = (await bundle.table()).map(({ seq }) => seq);
    for (const { seqs } of await Promise.all(clients)) expect(seqs).toEqual(expected);
  });

  test("share one reader: what they ask of Postgres does not grow with them", async () => {
    let asked = 0;
    await using bundle = await setup();
    const query = bundle.app.db.pool.query.bind(bundle.app.db.pool);
    Object.assign(bundle.app.db.pool, {
      query: (...args: Parameters<typeof query>) => {
        if (String((args[0] as { name?: string }).name) === "read_events") asked += 1;
        return query(...args);
      },
    });
    const streams = await Promise.all(Array.from({ length: 50 }, () => bundle.open("?after=2")));
    const readers = streams.map((stream) => stream[Symbol.asyncIterator]());
    for (let steps = 0; steps < 10; steps++) {
      await bundle.grow(bundle.rootId, 1);
      await Promise.all(readers.map((blocks) => take(blocks, 1)));
    }
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(50);
    for (const stream of streams) stream.cut();
  });
});

describe("DELETE /v1/executions/{id}", () => {
  test("answers 204 once the tree has ended, 409 before, 404 after", async () => {
    await using bundle = await setup({ children: 1 });
    const { app, rootId, children } = bundle;
    const remove = (id: string) => app.delete(`/v1/executions/${id}`, owner);
    expect(await remove(rootId)).toMatchObject({ status: 409, body: { code: "conflict" } });
    for (const id of [...children, rootId]) await bundle.end(id);
    expect((await app.delete(`/v1/executions/${rootId}`)).status).toBe(404); // another owner's
    expect((await remove(rootId)).status).toBe(204);
    expect((await remove(rootId)).status).toBe(404);
    expect((await bundle.open()).status).toBe(404);
    expect((await app.get(`/v1/executions/${children[0]}`, owner)).status).toBe(404);
  });
});
