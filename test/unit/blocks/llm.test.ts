import type { BlockContext, Inputs } from "../../../blocks/block";
import { modelOf } from "../../../blocks/llm/model";
import type { Json } from "../../../graph/json";
import { startModelServer } from "../../support/model-server";
import type { Asked, Reply } from "../../support/model-server";
import { contextOf, runRemote } from "./run-block";

/** A model that answers as told, and blocks that ask it. */
async function setup(reply: readonly Reply[] | ((asked: Asked, n: number) => Reply)) {
  const server = await startModelServer(reply);
  const context = contextOf({ models: server.models });
  const run = (block: string, inputs: Inputs, changes: Partial<BlockContext> = {}) =>
    runRemote(block, inputs, { ...context, ...changes });
  return { ...server, context, run };
}

const user = (content: string) => ({ role: "user", content });
const system = (content: string) => ({ role: "system", content });

describe("AITextGenerator", () => {
  test("emits the answer and the messages that were sent", async () => {
    await using t = await setup([{ text: "Hello dear Ada" }]);
    const emitted = await t.run("AITextGenerator", { prompt: "Greet Ada", sys_prompt: "Be kind" });
    const messages = [system("Be kind"), user("Greet Ada")];
    expect(emitted).toEqual([
      ["response", "Hello dear Ada"],
      ["prompt", messages],
    ]);
    expect(t.asked).toHaveLength(1);
    expect(t.asked[0]).toMatchObject({
      url: "/v1/chat/completions",
      authorization: "Bearer sk-of-the-worker",
      body: { model: "small", messages, stream: true },
    });
    expect(t.asked[0]?.body).not.toHaveProperty("max_tokens");
  });

  test("fills its prompts as templates with prompt_values", async () => {
    await using t = await setup([{ text: "ok" }]);
    const prompt_values = { name: "Ada", list: [1, 2] };
    const [, [, sent] = []] = await t.run("AITextGenerator", {
      prompt: "Hi {{ name }}{% for i in list %} {{ i }}{% endfor %}",
      sys_prompt: "For {{ name }}",
      prompt_values,
    });
    expect(sent).toEqual([system("For Ada"), user("Hi Ada 1 2")]);
  });

  test("sends braces as they are where there are no values", async () => {
    await using t = await setup([{ text: "ok" }]);
    await t.run("AITextGenerator", { prompt: 'Read {{"a": 1}} {% if' });
    expect(t.asked[0]?.body.messages).toEqual([user('Read {{"a": 1}} {% if')]);
  });

  test("asks the model that is named, if it is known, else the default, and warns", async () => {
    await using t = await setup([{ text: "ok" }]);
    const warnings: unknown[] = [];
    const log = { ...t.context.log, warn: (facts: unknown) => void warnings.push(facts) };
    await t.run("AITextGenerator", { prompt: "x", model: "large", max_tokens: 7 }, { log });
    expect(warnings).toEqual([]);
    await t.run("AITextGenerator", { prompt: "x", model: "gpt-99" }, { log });
    expect(t.asked.map(({ body }) => [body.model, body["max_tokens"]])).toEqual([
      ["large", 7],
      ["small", undefined],
    ]);
    expect(warnings).toEqual([{ named: "gpt-99", model: "small" }]);
  });

  test("uses the key of its credentials, and their endpoint", async () => {
    await using t = await setup([{ text: "ok" }]);
    const key = { id: "k", provider: "acme", type: "api_key", apiKey: "sk-mine" } as const;
    const credentials = { id: "k" };
    await runRemote("AITextGenerator", { prompt: "x", credentials }, { models: t.models, credentials: [key] });
    const elsewhere = { ...key, baseUrl: t.models.baseUrl };
    await runRemote("AITextGenerator", { prompt: "x", credentials, model: "own" }, { credentials: [elsewhere] });
    expect(t.asked.map(({ authorization, body }) => [authorization, body.model])).toEqual([
      ["Bearer sk-mine", "small"],
      ["Bearer sk-mine", "own"],
    ]);
  });

  test("shows its words as they come", async () => {
    await using t = await setup([{ text: "one two three" }]);
    const words: string[] = [];
    await t.run("AITextGenerator", { prompt: "x" }, { token: (text) => void words.push(text) });
    expect(words).toEqual(["one ", "two ", "three"]);
  });

  test("counts what it used", async () => {
    await using t = await setup([{ text: "one two three" }]);
    await t.run("AITextGenerator", { prompt: "a b c d" });
    expect(t.context.used).toEqual([{ requests: 1, inputTokens: 4, outputTokens: 3 }]);
  });

  test.each([
    [{ prompt: "" }, "invalid_input", "there is nothing to ask: the prompt is empty"],
    [{ prompt: "{{ x|nothing }}", prompt_values: { x: 1 } }, "template_error", "there is no filter 'nothing'"],
  ])("fails for %j", async (inputs, code, message) => {
    await using t = await setup([{ text: "ok" }]);
    await expect(t.run("AITextGenerator", inputs)).rejects.toMatchObject({ code, message });
    expect(t.asked).toEqual([]);
  });

  test("says what to set where no endpoint is", async () => {
    await expect(runRemote("AITextGenerator", { prompt: "x" })).rejects.toMatchObject({
      code: "model_missing",
      message: "no endpoint for language models is set: TREELINE_LLM_URL is empty",
      retryable: false,
    });
  });
});

describe("a failing endpoint", () => {
  test.each([
    [401, "bad key", "model_auth", false],
    [403, "not for you", "model_auth", false],
    [402, "pay first", "model_quota", false],
    [429, "you exceeded your current quota", "model_quota", false],
    [429, "too many requests", "model_rate_limited", true],
    [400, "context length", "model_bad_request", false],
    [404, "no such model", "model_bad_request", false],
    [408, "slow", "model_unavailable", true],
    [500, "oops", "model_unavailable", true],
    [503, "busy", "model_unavailable", true],
  ])("with %d (%s) is %s, retryable: %s, and is asked once", async (status, message, code, retryable) => {
    await using t = await setup([{ status, message }]);
    await expect(t.run("AITextGenerator", { prompt: "x" })).rejects.toMatchObject({
      code,
      retryable,
      message: `the model's endpoint answered ${status}: ${message}`,
    });
    expect(t.asked).toHaveLength(1);
  });

  test("that is not there is unavailable, and may be asked again", async () => {
    const gone = await startModelServer([]);
    await gone[Symbol.asyncDispose]();
    await expect(runRemote("AITextGenerator", { prompt: "x" }, { models: gone.models })).rejects.toMatchObject({
      code: "model_unavailable",
      retryable: true,
      message: "the model's endpoint did not answer: ECONNREFUSED",
    });
  });

  test("that breaks off in the middle of its answer is unavailable", async () => {
    await using t = await setup([{ text: "one two", after: "cut" }]);
    await expect(t.run("AITextGenerator", { prompt: "x" })).rejects.toMatchObject({
      code: "model_unavailable",
      retryable: true,
    });
  });

  test("that stalls in the middle of its answer is given up", async () => {
    await using t = await setup([{ text: "one two", after: "stall" }]);
    const ask = modelOf({}, t.context, { stalledMs: 50 });
    await expect(ask({ messages: [{ role: "user", content: "x" }] })).rejects.toMatchObject({
      code: "model_unavailable",
      retryable: true,
      message: "the model said nothing for 0.05 s",
    });
    await t.until(() => t.closed() === 1);
  });

  test("is left at once when the node is stopped, with the signal's reason", async () => {
    await using t = await setup([{ text: "one two", after: "stall" }]);
    const stop = new AbortController();
    const asking = t.run("AITextGenerator", { prompt: "x" }, { signal: stop.signal });
    await t.until(() => t.asked.length === 1);
    const reason = { kind: "fenced" };
    stop.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await t.until(() => t.closed() === 1);
  });
});

describe("AIConversation", () => {
  test("goes on with the messages, the prompt last", async () => {
    await using t = await setup([{ text: "fine" }]);
    const messages = [user("hi"), { role: "assistant", content: "hello" }];
    const emitted = await t.run("AIConversation", { messages, prompt: "how are you?" });
    expect(emitted).toEqual([
      ["response", "fine"],
      ["prompt", [...messages, user("how are you?")]],
    ]);
    expect(t.asked[0]?.body.messages).toEqual([...messages, user("how are you?")]);
  });

  test("fails where both are empty, and for what is no message", async () => {
    await using t = await setup([{ text: "fine" }]);
    await expect(t.run("AIConversation", {})).rejects.toMatchObject({ message: "prompt and messages are both empty" });
    await expect(t.run("AIConversation", { messages: ["hi"] })).rejects.toMatchObject({
      message: "messages: item 0 is no message with a role",
    });
  });
});

describe("AIStructuredResponseGenerator", () => {
  const block = "AIStructuredResponseGenerator";
  const expected_format = { name: "the name", age: "a number" };

  test.each<[string, string]>([
    ["plain", '{"name": "Ada", "age": 36}'],
    ["in a fence", 'Here:\n```json\n{"name": "Ada", "age": 36}\n```'],
    ["between words", 'Sure. {"name": "Ada", "age": 36} Anything else?'],
  ])("emits the object of an answer that is JSON %s", async (_how, text) => {
    await using t = await setup([{ text }]);
    const [response] = await t.run(block, { prompt: "who?", expected_format });
    expect(response).toEqual(["response", { name: "Ada", age: 36 }]);
  });

  test("tells the model what was wrong and asks again, at most `retry` times", async () => {
    await using t = await setup([{ text: "Ada" }, { text: '{"name": "Ada"}' }, { text: '{"name": "Ada", "age": 1}' }]);
    const [response, prompt] = await t.run(block, { prompt: "who?", expected_format, retry: 3 });
    expect(response).toEqual(["response", { name: "Ada", age: 1 }]);
    const said = JSON.stringify(prompt);
    expect(said).toContain("it is not JSON.");
    expect(said).toContain("keys are missing: age.");
    expect(t.context.used).toHaveLength(3);
    await expect(t.run(block, { prompt: "?", expected_format: { x: "y" }, retry: 2 })).rejects.toMatchObject({
      code: "model_answer_invalid",
      message: "the model did not answer in the form that is wanted: keys are missing: x.",
    });
    expect(t.asked).toHaveLength(5);
  });

  test("emits a list of objects where that is wanted, also out of an object", async () => {
    const list = [{ name: "Ada", age: 1 }];
    await using t = await setup([{ text: JSON.stringify(list) }, { text: JSON.stringify({ people: list }) }]);
    const inputs = { prompt: "who?", expected_format, list_result: true };
    expect((await t.run(block, inputs))[0]).toEqual(["response", list]);
    expect((await t.run(block, inputs))[0]).toEqual(["response", list]);
  });

  test("has the endpoint enforce JSON where that is wanted", async () => {
    await using t = await setup([{ text: '{"name": "Ada", "age": 1}' }]);
    await t.run(block, { prompt: "who?", expected_format, force_json_output: true });
    await t.run(block, { prompt: "who?", expected_format });
    expect(t.asked.map(({ body }) => body["response_format"])).toEqual([{ type: "json_object" }, undefined]);
  });

  test("sends the conversation before the prompt", async () => {
    await using t = await setup([{ text: '{"name": "Ada", "age": 1}' }]);
    const conversation_history = [user("before")];
    await t.run(block, { prompt: "now", sys_prompt: "sys", expected_format, conversation_history });
    const contents = t.asked[0]?.body.messages.map(({ content }) => content);
    expect(contents).toEqual(["sys", "before", expect.stringContaining('"age": "a number"'), "now"]);
  });
});

describe("AIListGenerator", () => {
  test("emits the list, the prompt, then each item", async () => {
    await using t = await setup([{ text: '["a", 2, null]' }]);
    const emitted = await t.run("AIListGenerator", { focus: "letters", source_data: "abc" });
    expect(emitted.map(([pin, value]) => (pin === "prompt" ? pin : [pin, value]))).toEqual([
      ["generated_list", ["a", 2, null]],
      "prompt",
      ["list_item", "a"],
      ["list_item", 2],
      ["list_item", null],
    ]);
  });

  test("asks again for what is no list, max_retries times", async () => {
    await using t = await setup([{ text: "none" }]);
    await expect(t.run("AIListGenerator", { focus: "x", max_retries: 2 })).rejects.toMatchObject({
      code: "model_answer_invalid",
    });
    expect(t.asked).toHaveLength(2);
  });
});

describe("AICondition", () => {
  test.each<[string, Inputs, [string, Json][]]>([
    [
      "true",
      {},
      [
        ["result", true],
        ["yes_output", 5],
      ],
    ],
    [
      "False.",
      {},
      [
        ["result", false],
        ["no_output", 5],
      ],
    ],
    [
      "Yes, it is",
      { yes_value: "big" },
      [
        ["result", true],
        ["yes_output", "big"],
      ],
    ],
    [
      "no",
      { no_value: "small" },
      [
        ["result", false],
        ["no_output", "small"],
      ],
    ],
  ])("for the answer %j emits the result, then one branch", async (text, inputs, emitted) => {
    await using t = await setup([{ text }]);
    expect(await t.run("AICondition", { input_value: 5, condition: "it is big", ...inputs })).toEqual(emitted);
    expect(t.asked[0]?.body.messages[1]).toEqual(user("Condition: it is big\nInput: 5"));
  });

  test.each(["maybe", "true or false", ""])("fails for the answer %j", async (text) => {
    await using t = await setup([{ text }]);
    await expect(t.run("AICondition", { input_value: 5, condition: "x" })).rejects.toMatchObject({
      code: "model_answer_invalid",
      message: expect.stringContaining("it is neither true nor false."),
    });
    expect(t.asked).toHaveLength(1);
  });
});

describe("AITextSummarizer", () => {
  test("sums up a short text with one call", async () => {
    await using t = await setup([{ text: "short" }]);
    const emitted = await t.run("AITextSummarizer", {
      text: "one two three",
      focus: "numbers",
      style: "bullet points",
    });
    expect(emitted[0]).toEqual(["summary", "short"]);
    expect(t.asked).toHaveLength(1);
    expect(JSON.stringify(t.asked[0]?.body.messages)).toMatch(/bullet points.*numbers.*one two three/s);
  });

  test("sums up a long one in chunks that overlap, and combines the summaries", async () => {
    await using t = await setup((asked, n) => ({ text: n < 3 ? `part${n}` : `all of ${n}` }));
    const text = "w1 w2 w3 w4 w5 w6 w7";
    const [summary] = await t.run("AITextSummarizer", { text, max_tokens: 3, chunk_overlap: 1 });
    const asked = t.asked.map(({ body }) => String(body.messages[1]?.content).split("\n\n").slice(1));
    expect(asked).toEqual([["w1 w2 w3"], ["w3 w4 w5"], ["w5 w6 w7"], ["part0", "part1", "part2"]]);
    expect(summary).toEqual(["summary", "all of 3"]);
  });

  test("gives up where the summaries do not get shorter", async () => {
    await using t = await setup([{ text: "a b c d" }]);
    const inputs = { text: "1 2 3 4 5", max_tokens: 2, chunk_overlap: 0 };
    await expect(t.run("AITextSummarizer", inputs)).rejects.toMatchObject({ code: "model_answer_invalid" });
    expect(t.asked).toHaveLength(3);
  });

  test("refuses chunks that do not move on", async () => {
    await expect(runRemote("AITextSummarizer", { text: "x", max_tokens: 5, chunk_overlap: 5 })).rejects.toMatchObject({
      message: "chunk_overlap must be less than max_tokens",
    });
  });
});
