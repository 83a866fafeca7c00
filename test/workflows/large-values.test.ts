import { createHash } from "node:crypto";
import pino from "pino";
import { startApi } from "../../api/process";
import { readConfig } from "../../config/env";
import { deleteTree, deleteUnusedBlobs } from "../../db/retention";
import { parseExecutionId } from "../../graph/ids";
import { startEngine } from "../support/engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const mebibyte = 1024 * 1024;
/** Just below 16 MiB as JSON, where each of its line ends is two characters. */
const longest = "0123456789abcde\n".repeat((15 * mebibyte) / 16);

async function setup() {
  const engine = await startEngine();
  const api = await startApi({
    config: { ...readConfig({}), port: 0, taskQueue: engine.taskQueue },
    databaseUrl: engine.url,
    databaseDirectUrl: engine.url,
    temporalAddress: "127.0.0.1:1", // it has the worker's client
    temporalUiUrl: null,
    client: engine.client,
    log: pino({ level: "silent" }),
  });
  const ask = async (path: string, body?: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(
      `${api.url}${path}`,
      body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) },
    );
    return { status: response.status, text: await response.text() };
  };
  return {
    engine,
    ask,
    async store(type: string, body: string): Promise<Record<string, unknown>> {
      const response = await fetch(`${api.url}/v1/files`, { method: "POST", headers: { "Content-Type": type }, body });
      return (await response.json()) as Record<string, unknown>;
    },
    async json(path: string, body?: unknown): Promise<Record<string, unknown>> {
      return JSON.parse((await ask(path, body)).text) as Record<string, unknown>;
    },
    async [Symbol.asyncDispose]() {
      await api.stop();
      await engine[Symbol.asyncDispose]();
    },
  };
}

const graph = draft(
  [
    node("in", "AgentInput", { name: "text" }),
    node("run", "AgentExecutor", { graphId: "inner" }),
    node("count", "WordCharacterCount"),
    node("out", "AgentOutput", { name: "copy" }),
    node("length", "AgentOutput", { name: "length" }),
  ],
  ["in.result -> run.text", "run.copy -> out.value", "run.copy -> count.text", "count.character_count -> length.value"],
  {
    subGraphs: [
      {
        ...draft(
          [
            node("in", "AgentInput", { name: "text" }),
            node("s", "StoreValue"),
            node("out", "AgentOutput", { name: "copy" }),
          ],
          ["in.result -> s.input", "s.output -> out.value"],
        ),
        id: "inner",
      },
    ],
  },
);

type Shown = { $large: { id: string; uri: string; bytes: number; contentType: string; preview: string } };

test("a value of 16 MiB goes through the API and a tree, whole, once, and past Temporal", async () => {
  await using bundle = await setup();
  const { engine, ask, json } = bundle;
  const saved = await json("/v1/graphs", graph);
  const path = `/v1/graphs/${String(saved["id"])}/executions`;
  const execution = await json(`${path}?wait=60s`, { inputs: { text: longest } });
  expect(execution["status"]).toBe("COMPLETED");
  const { copy, length } = execution["outputs"] as { copy: [Shown]; length: [number] };
  expect(length).toEqual([longest.length]);
  const bytes = Buffer.byteLength(JSON.stringify(longest));
  expect(bytes).toBeGreaterThan(15.9 * mebibyte);
  const { id } = copy[0].$large;
  expect(copy).toEqual([
    {
      $large: {
        id,
        uri: `treeline://files/${id}`,
        bytes,
        contentType: "application/json",
        preview: longest.slice(0, 200),
      },
    },
  ]);
  expect(execution["inputs"]).toEqual({ text: copy[0] });
  const whole = await ask(`/v1/files/${id}`);
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  expect(digest(JSON.parse(whole.text) as string)).toBe(digest(longest));
  const { rows } = await engine.db.pool.query("select id from blobs");
  expect(rows).toEqual([{ id }]);

  const nodes = await ask(`/v1/executions/${String(execution["id"])}/nodes`);
  const events = await ask(`/v1/executions/${String(execution["id"])}/events`);
  expect([nodes.text.length < 20_000, events.text.length < 20_000]).toEqual([true, true]);

  const ids = await engine.db.pool.query<{ id: string }>("select id from executions");
  expect(ids.rows).toHaveLength(2);
  for (const one of ids.rows) {
    const history = await engine.history(parseExecutionId(one.id));
    const largest = Math.max(...history.events.map((event) => JSON.stringify(event).length));
    expect(largest).toBeLessThan(4_000);
  }
});

test("a value over the limit is refused, and the limit named", async () => {
  await using bundle = await setup();
  const saved = await bundle.json("/v1/graphs", graph);
  const path = `/v1/graphs/${String(saved["id"])}/executions`;
  const refused = await bundle.ask(path, { inputs: { text: "x".repeat(16 * mebibyte) } });
  expect({ status: refused.status, ...(JSON.parse(refused.text) as object) }).toMatchObject({
    status: 413,
    code: "payload_too_large",
    detail: "a value has 16777218 bytes of JSON, at most 16777216 are allowed (TREELINE_MAX_VALUE_BYTES)",
  });
  const body = await bundle.ask(path, { inputs: { text: "x".repeat(17 * mebibyte) } });
  expect({ status: body.status, text: body.text }).toEqual({ status: 413, text: expect.stringContaining("17825792") });
});

test("a value that a person answers with travels the same way, and is the same answer again", async () => {
  await using bundle = await setup();
  const { engine, ask, json } = bundle;
  const graph = draft(
    [node("ask", "HumanInTheLoop", { name: "plan", data: "small" }), node("out", "AgentOutput", { name: "out" })],
    ["ask.approved_data -> out.value"],
  );
  const saved = await json("/v1/graphs", graph);
  const { id } = await json(`/v1/graphs/${String(saved["id"])}/executions`, { inputs: {} });
  const review = await until(
    () => json(`/v1/reviews?executionId=${String(id)}`),
    ({ reviews }) => (reviews as unknown[]).length === 1,
  );
  const [asked] = review["reviews"] as [{ id: string }];
  const answer = { decision: "approve", data: "y".repeat(200_000) };
  const decided = await json(`/v1/reviews/${asked.id}`, answer);
  expect(decided["data"]).toMatchObject({ $large: { bytes: 200_002, preview: "y".repeat(200) } });
  expect((await ask(`/v1/reviews/${asked.id}`, answer)).status).toBe(200);
  expect((await ask(`/v1/reviews/${asked.id}`, { ...answer, data: "y".repeat(200_001) })).status).toBe(409);
  const ended = await until(
    () => json(`/v1/executions/${String(id)}`),
    ({ status }) => status === "COMPLETED",
  );
  expect(ended["outputs"]).toEqual({ out: [decided["data"]] });
  expect((await engine.db.pool.query("select 1 from blob_uses")).rows).toHaveLength(1);
});

test("a file that was sent is an input of a graph, stays with its tree, and goes with it", async () => {
  await using bundle = await setup();
  const { engine, ask, json, store } = bundle;
  const reader = draft(
    [
      node("in", "AgentFileInput", { name: "file" }),
      node("read", "FileRead", { delimiter: "\n", skip_rows: 1 }),
      node("out", "AgentOutput", { name: "text" }),
    ],
    ["in.result => read.file_input", "read.content -> out.value"],
  );
  const saved = await json("/v1/graphs", reader);
  const stored = await store("text/x-test", "head\nline");
  const { id, uri } = stored;
  expect(stored).toEqual({ id, uri: `treeline://files/${String(id)}`, bytes: 9, contentType: "text/x-test" });
  expect(await ask(`/v1/files/${String(id)}`)).toEqual({ status: 200, text: "head\nline" });
  const execution = await json(`/v1/graphs/${String(saved["id"])}/executions?wait=60s`, { inputs: { file: uri } });
  expect(execution).toMatchObject({ status: "COMPLETED", inputs: { file: uri }, outputs: { text: ["line"] } });
  expect(await deleteUnusedBlobs(engine.db, 0)).toBe(0);
  expect(await deleteTree(engine.db, "local", parseExecutionId(String(execution["id"])))).toBeNull();
  expect((await ask(`/v1/files/${String(id)}`)).status).toBe(404);
});
