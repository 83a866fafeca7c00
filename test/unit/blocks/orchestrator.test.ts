import type { Inputs, ToolPin } from "../../../blocks/block";
import { startModelServer } from "../../support/model-server";
import type { Asked, Reply } from "../../support/model-server";
import { contextOf, runRemote } from "./run-block";

const pin = (sinkId: string, sinkPin: string, name: string, more: Partial<ToolPin> = {}): ToolPin => ({
  ...{ sinkId, sinkPin, name, description: `${name} it`, schema: { type: "number" }, required: true },
  ...more,
});

const tools = [
  pin("node-1", "a", "Add Numbers!"),
  pin("node-1", "values_#_b", "Add Numbers!", { schema: {} }),
  pin("node-2", "query", "Search", { schema: { type: "string" }, required: false }),
];

async function setup(reply: readonly Reply[] | ((asked: Asked, n: number) => Reply)) {
  const server = await startModelServer(reply);
  const context = contextOf({ models: server.models, tools });
  const run = (inputs: Inputs = {}) => runRemote("Orchestrator", { prompt: "Add 1 and 2", ...inputs }, context);
  return { ...server, run };
}

const add = (a: number, b: number) => ({ name: "add_numbers_", arguments: { a, values_b: b } });

test("each sink of the tools links is a function, its linked pins are the parameters", async () => {
  await using t = await setup([{ text: "done" }]);
  await t.run();
  expect(t.asked[0]?.body["parallel_tool_calls"]).toBe(false);
  expect(t.asked[0]?.body.tools).toMatchObject([
    {
      type: "function",
      function: {
        name: "add_numbers_",
        description: "Add Numbers! it",
        parameters: {
          properties: { a: { type: "number" }, values_b: {} },
          required: ["a", "values_b"],
          additionalProperties: false,
        },
      },
    },
    { function: { name: "search", parameters: { properties: { query: { type: "string" } }, required: [] } } },
  ]);
});

test("without a call the answer is emitted as finished", async () => {
  await using t = await setup([{ text: "It is 3." }]);
  expect(await t.run()).toEqual([["finished", "It is 3."]]);
});

test("a call emits one value for each parameter, then the conversation", async () => {
  await using t = await setup([{ calls: [add(1, 2)] }]);
  const emitted = await t.run({ sys_prompt: "Use tools" });
  expect(emitted).toEqual([
    ["tools_^_node-1_~_a", 1],
    ["tools_^_node-1_~_values_#_b", 2],
    [
      "conversations",
      [
        { role: "system", content: "Use tools" },
        { role: "user", content: "Add 1 and 2" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "call-1", type: "function", function: { name: "add_numbers_", arguments: '{"a":1,"values_b":2}' } },
          ],
        },
      ],
    ],
  ]);
});

test("a parameter that may be left out, and is, gets null", async () => {
  await using t = await setup([{ calls: [{ name: "search", arguments: {} }] }]);
  expect((await t.run())[0]).toEqual(["tools_^_node-2_~_query", null]);
});

test("several calls are made only where that is allowed", async () => {
  const calls = [add(1, 2), { name: "search", arguments: { query: "x" } }];
  await using t = await setup([{ calls }]);
  const pins = async (inputs: Inputs) => (await t.run(inputs)).map(([name]) => name);
  expect(await pins({})).toEqual(["tools_^_node-1_~_a", "tools_^_node-1_~_values_#_b", "conversations"]);
  expect(await pins({ multiple_tool_calls: true })).toContain("tools_^_node-2_~_query");
});

describe("the next round", () => {
  test("sends the conversation with the answer of the tool, and not the prompt again", async () => {
    await using t = await setup([{ calls: [add(1, 2)] }, { text: "It is 3." }]);
    const conversation_history = (await t.run()).at(-1)?.[1] ?? null;
    expect(await t.run({ conversation_history, last_tool_output: 3 })).toEqual([["finished", "It is 3."]]);
    expect(t.asked[1]?.body.messages).toMatchObject([
      { role: "user", content: "Add 1 and 2" },
      { role: "assistant", tool_calls: [{ id: "call-1" }] },
      { role: "tool", tool_call_id: "call-1", content: "3" },
    ]);
  });

  test("waits until all calls have been answered", async () => {
    await using t = await setup([{ calls: [add(1, 2), add(3, 4)] }, { text: "3 and 7" }]);
    let conversation_history = (await t.run({ multiple_tool_calls: true })).at(-1)?.[1] ?? null;
    const second = await t.run({ conversation_history, last_tool_output: 3 });
    expect(second.map(([name]) => name)).toEqual(["conversations"]);
    conversation_history = second[0]?.[1] ?? null;
    expect(await t.run({ conversation_history, last_tool_output: 7 })).toEqual([["finished", "3 and 7"]]);
    expect(t.asked).toHaveLength(2);
  });

  test("needs both the conversation and the answer", async () => {
    await using t = await setup([{ calls: [add(1, 2)] }]);
    const conversation_history = (await t.run()).at(-1)?.[1] ?? null;
    await expect(t.run({ conversation_history })).rejects.toMatchObject({
      message: "a tool was called: link last_tool_output with conversation_history",
    });
    await expect(t.run({ last_tool_output: 3 })).rejects.toMatchObject({
      message: "last_tool_output answers no call: link conversation_history with it",
    });
  });
});

describe("a call that does not fit", () => {
  test.each<[string, Reply, string]>([
    ["to no tool", { calls: [{ name: "fly", arguments: {} }] }, 'there is no tool "fly".'],
    ["without a parameter", { calls: [{ name: "add_numbers_", arguments: { a: 1 } }] }, "needs values_b."],
    ["with another parameter", { calls: [{ name: "search", arguments: { q: 1 } }] }, "has no parameter q."],
  ])("%s is shown to the model, which may try again", async (_what, wrong, said) => {
    await using t = await setup([wrong, { calls: [add(1, 2)] }]);
    expect((await t.run())[0]).toEqual(["tools_^_node-1_~_a", 1]);
    expect(JSON.stringify(t.asked[1]?.body.messages.at(-1))).toContain(JSON.stringify(said).slice(1, -1));
  });

  test("fails the node in the end", async () => {
    await using t = await setup([{ calls: [{ name: "fly", arguments: {} }] }]);
    await expect(t.run({ retry: 2 })).rejects.toMatchObject({ code: "model_answer_invalid" });
    expect(t.asked).toHaveLength(2);
  });
});

test("iterations inside the block are refused", async () => {
  await using t = await setup([{ text: "x" }]);
  await expect(t.run({ agent_mode_max_iterations: -1 })).rejects.toMatchObject({ code: "not_supported" });
});
