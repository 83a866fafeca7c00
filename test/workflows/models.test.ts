import { readFileSync } from "node:fs";
import { graphRequest } from "../../graph/schema";
import { startEngine } from "../support/engine";
import { startModelServer } from "../support/model-server";
import type { Asked, Reply } from "../support/model-server";
import { draft, node } from "../unit/graph/fixtures";

async function setup(reply: readonly Reply[] | ((asked: Asked, n: number) => Reply)) {
  const server = await startModelServer(reply);
  const { baseUrl, apiKey, model } = server.models;
  const engine = await startEngine({
    env: { TREELINE_LLM_URL: baseUrl, TREELINE_LLM_KEY: apiKey, TREELINE_LLM_MODEL: model },
  });
  return {
    ...engine,
    server,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const ask = { ...node("ask", "AITextGenerator", { prompt: "one two" }), retry: { firstInterval: "1ms" } };
const answered = ["ask.response -> out.value"];
const out = node("out", "AgentOutput", { name: "answer" });

test("an endpoint that fails for a moment is asked again, and the tokens of the answer are recorded", async () => {
  await using engine = await setup([{ status: 500, message: "oops" }, { text: "three words more" }]);
  const ended = await engine.ended(await engine.start(await engine.save(draft([ask, out], answered))));
  expect(ended).toMatchObject({ status: "COMPLETED", outputs: { answer: ["three words more"] } });
  expect(await engine.nodes(ended.id, "ask")).toMatchObject([
    { attempt: 2, usage: { requests: 1, inputTokens: 2, outputTokens: 3 } },
  ]);
});

test("a key that is refused fails the node at once, and stands nowhere", async () => {
  await using engine = await setup([{ status: 401, message: "the key sk-of-the-worker is wrong" }]);
  const ended = await engine.ended(await engine.start(await engine.save(draft([ask], []))));
  expect(ended).toMatchObject({ status: "FAILED", endReason: "node_failed" });
  const [failed] = await engine.nodes(ended.id);
  expect(failed).toMatchObject({
    attempt: 1,
    error: { code: "model_auth", message: "the model's endpoint answered 401: the key [secret] is wrong" },
  });
});

test("a stop ends an answer that is still coming", async () => {
  await using engine = await setup([{ text: "one", after: "stall" }]);
  const id = await engine.start(await engine.save(draft([ask], [])));
  await engine.server.until(() => engine.server.asked.length === 1);
  const stop = await engine.stop(id);
  await engine.server.until(() => engine.server.closed() === 1);
  expect(stop).toMatchObject({ status: "CLOSED", outcome: "stopped" });
  expect((await engine.nodes(id))[0]).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
});

/** The model adds two numbers by a tool, twice, and then says the result. */
test("assistant.json: an agent calls a node of its graph in a loop until it is done", async () => {
  await using engine = await setup(({ body }, n) => {
    const last = body.messages.at(-1);
    if (n === 0) return { calls: [{ name: "add_two_numbers", arguments: { a: 1, b: 2 } }] };
    if (n === 1) return { calls: [{ name: "add_two_numbers", arguments: { a: Number(last?.content), b: 4 } }] };
    return { text: `It is ${String(last?.content)}.` };
  });
  const example = graphRequest.parse(JSON.parse(readFileSync("examples/assistant.json", "utf8")));
  const graph = await engine.save(example);
  const question = "What are 1, 2 and 4 together?";
  const ended = await engine.ended(await engine.start(graph, { question }));
  expect(ended).toMatchObject({ status: "COMPLETED", outputs: { answer: ["It is 7."] } });
  expect(await engine.nodes(ended.id, "agent")).toHaveLength(3);
  expect((await engine.nodes(ended.id, "add")).map(({ inputs }) => inputs)).toMatchObject([
    { a: 1, b: 2 },
    { a: 3, b: 4 },
  ]);
});
