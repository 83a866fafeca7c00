import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { connect } from "../../db/client";
import { freePort } from "../../local/ports";
import { runMain } from "../e2e/programs";
import { testDatabase } from "../support/database";
import { openStream } from "../support/event-stream";
import { ownerId } from "../support/factory";
import { readTable, startGrowth } from "../support/growth";
import { joinStreams } from "../support/joined-streams";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";

/** How long the tree grows; the figures of docs/events.md are of ten minutes. */
const seconds = Number(process.env["TREELINE_SOAK_SECONDS"] ?? 600);
const clients = 200;
const children = 1_000;

/** A real api in a process of its own, and a tree that grows without an engine. */
async function setup(count: number) {
  const { url } = await testDatabase();
  const { address, taskQueue } = await testTemporal();
  const port = String(await freePort());
  const api = runMain("api/main.ts", {
    ...{ DATABASE_URL: url, TEMPORAL_ADDRESS: address, TREELINE_TASK_QUEUE: taskQueue, PORT: port },
  });
  await api.said("api listens");
  const db = connect(url, { max: 4 });
  const tree = await startGrowth(db, count);
  const base = `http://127.0.0.1:${port}`;
  const open = (headers: Record<string, string> = {}) =>
    openStream(`${base}/v1/executions/${tree.rootId}/events`, { "X-Treeline-Owner": ownerId, ...headers });
  /** Megabytes of the api process: all of it, and what its objects take. */
  const memory = async () => {
    const [response] = (await once(get(`${base}/metrics`, { agent: false }), "response")) as [IncomingMessage];
    const body = await text(response);
    const read = (name: string) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(body)?.[1]) / 2 ** 20;
    return {
      rss: Math.round(read("process_resident_memory_bytes")),
      heap: Math.round(read("nodejs_heap_size_used_bytes")),
    };
  };
  return {
    ...tree,
    db,
    open,
    memory,
    async [Symbol.asyncDispose]() {
      expect(api.log().filter((line) => /"level":[456]0/.test(line))).toEqual([]); // no warning, no fault
      await api.kill();
      await db.close();
    },
  };
}

const at = z.object({ at: z.iso.datetime() });
const percentile = (sorted: readonly number[], part: number) => sorted[Math.floor((sorted.length - 1) * part)];

describe("200 clients of a tree of 1,000 executions", () => {
  test(
    "each one's joined stream equals the table, whenever it is cut",
    async () => {
      await using bundle = await setup(children);
      const seen = Array.from({ length: clients }, () => 0);
      const joined = seen.map((_, client) =>
        joinStreams(bundle.open, client + 1, 2_000, (count) => (seen[client] = count)),
      );
      while (Math.min(...seen) < 2 + 4 * children) await pause(500); // all have replayed what was there
      const memories = [];
      for (let begun = Date.now(), next = begun, turn = 0; Date.now() - begun < seconds * 1_000; turn++) {
        await bundle.grow(bundle.children[turn % children] ?? bundle.rootId, 1 + (turn % 7));
        await pause(80); // some 50 events a second, 10,000 to all clients
        if (Date.now() < next) continue;
        next += (seconds * 1_000) / 10;
        memories.push(await bundle.memory());
      }
      for (const id of [...bundle.children, bundle.rootId]) await bundle.end(id);
      const expected = (await readTable(bundle.db, bundle.rootId)).map(({ seq }) => seq);
      let cuts = 0;
      for (const stream of await Promise.all(joined)) {
        expect(stream.seqs.length).toBe(expected.length);
        expect(stream.seqs).toEqual(expected);
        cuts += stream.cuts;
      }
      memories.push(await bundle.memory());
      console.info(JSON.stringify({ events: expected.length, cuts, seconds, memories }));
      const [most, mostLater] = [memories.slice(0, 5), memories.slice(5)].map((some) =>
        Math.max(...some.map(({ heap }) => heap)),
      );
      expect(mostLater).toBeLessThan(1.5 * Number(most)); // flat
    },
    (seconds + 600) * 1_000,
  );

  test.each([1, clients])(
    "get an event soon after its step: %d of them",
    async (count) => {
      await using bundle = await setup(1);
      const late: number[] = [];
      const seen = Array.from({ length: count }, () => 0);
      const streams = await Promise.all(Array.from({ length: count }, () => bundle.open({ "Last-Event-ID": "6" })));
      const reading = streams.map(async (stream, client) => {
        for await (const sent of stream) {
          if (!("event" in sent) || sent.event === "end") continue;
          late.push(Date.now() - Date.parse(at.parse(sent.data).at));
          seen[client] = sent.id ?? 0;
        }
      });
      for (let last = 7; last < 207; last++) {
        await bundle.grow(bundle.rootId, 1);
        await until(
          () => Math.min(...seen),
          (least) => least >= last,
        );
      }
      for (const id of [...bundle.children, bundle.rootId]) await bundle.end(id);
      await Promise.all(reading);
      late.sort((a, b) => a - b);
      const figures = { p50: percentile(late, 0.5), p99: percentile(late, 0.99), most: late.at(-1) };
      console.info(JSON.stringify({ clients: count, events: late.length, ...figures }));
      expect(late.length).toBe(202 * count);
    },
    600_000,
  );
});
