import { randomUUID } from "node:crypto";
import { BlockFailure } from "../../blocks/block";
import type { BlockContext, RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { eventsChannel, readNotice, type NodeNote } from "../../db/announcer";
import { listen } from "../../db/wake";
import type { Emission } from "../../graph/definition";
import type { Json, JsonObject } from "../../graph/json";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const secret = "sk-do-not-show-0123456789";
const credentials = [{ id: "mine", provider: "acme", type: "api_key", apiKey: secret }];

type Act = (context: BlockContext, inputs: JsonObject) => Promise<readonly Emission[]>;

let actNow: Act | undefined;

/** Acts as the running test says. */
const block: RemoteBlock = {
  attempts: 2,
  definition: define({
    id: randomUUID(),
    name: "Act",
    description: "Acts.",
    placement: "remote",
    inputSchema: pins({ credentials: optional(any, null, ""), in: optional(any, null, "") }),
    outputSchema: pins({ out: emitted(any, ""), tools: emitted(any, "") }),
  }),
  run(inputs, context) {
    if (!actNow) throw new Error("no test runs");
    return actNow(context, inputs);
  },
};

const engineOf = shareEngine({
  blocks: [block],
  env: { TREELINE_CREDENTIALS: JSON.stringify({ credentials }) },
});

function setup(act: Act) {
  actNow = act;
  const engine = engineOf();
  const place = (id: string, constants: JsonObject = {}) => ({
    ...{ id, blockId: block.definition.id, constants },
    retry: { firstInterval: "1ms" },
  });
  /** Everything that stands in the database, as text. */
  const record = async () => {
    const tables = ["graphs", "executions", "node_executions", "outputs", "events", "memories"];
    const texts = tables.map((table) =>
      engine.db.pool.query(`select coalesce(json_agg(t)::text, '') as x from ${table} t`),
    );
    return (await Promise.all(texts)).map(({ rows }) => String((rows as { x: string }[])[0]?.x)).join("\n");
  };
  return { ...engine, place, record };
}

const out = (value: Json): readonly Emission[] => [{ pin: "out", value }];
const reference = { id: "mine", provider: "acme", type: "api_key", title: "Mine" };

describe("a credential", () => {
  test("reaches the block, and stands nowhere in the record or the history, also when it is echoed", async () => {
    const seen: string[] = [];
    const engine = setup(async ({ credential, memory }, { credentials: named = null, in: what = null }) => {
      const found = credential(named);
      if (found.type === "api_key") seen.push(found.apiKey);
      if (what === "fail")
        throw new BlockFailure("refused", `not with ${secret}`, { emitted: out({ [secret]: [secret] }) });
      await memory.write("within_agent", "echo", "nothing");
      return out(`Bearer ${secret}`);
    });
    const graph = await engine.save(
      draft(
        [
          engine.place("a", { credentials: reference }),
          engine.place("b", { credentials: reference, in: "fail" }),
          node("o", "AgentOutput", { name: "said" }),
          node("e", "AgentOutput", { name: "error" }),
        ],
        ["a.out -> o.value", "b.out -> o.value", "b.error -> e.value"],
      ),
    );
    const id = await engine.start(graph);
    const ended = await engine.ended(id);
    await engine.closed(id);
    expect(seen).toEqual([secret, secret]);
    expect(ended).toMatchObject({ status: "COMPLETED", outputs: { error: ["not with [secret]"] } });
    expect(ended.outputs["said"]).toEqual(expect.arrayContaining(["Bearer [secret]", { "[secret]": ["[secret]"] }]));
    expect(await engine.record()).not.toContain(secret);
    const history = JSON.stringify(await engine.history(id));
    expect(history).not.toContain(secret);
    expect(history).not.toContain(Buffer.from(secret).toString("base64").slice(2, -4));
  });

  test("that nobody has given fails the node and says which", async () => {
    const engine = setup(async ({ credential }) => out(credential({ id: "theirs" }).id));
    const graph = await engine.save(draft([engine.place("a")], []));
    const ended = await engine.ended(await engine.start(graph));
    expect(ended.status).toBe("FAILED");
    expect((await engine.nodes(ended.id))[0]?.error).toMatchObject({
      code: "credential_missing",
      message: 'the credential "theirs" is not among those given to this worker',
    });
  });
});

test("what a node uses is recorded and adds up over its attempts, also those that fail", async () => {
  let attempts = 0;
  const engine = setup(async ({ use }) => {
    use({ inputTokens: 10, outputTokens: 2 });
    use({ inputTokens: 1 });
    if (attempts++ === 0) throw new BlockFailure("busy", "again", { retryable: true });
    return out(1);
  });
  const graph = await engine.save(draft([engine.place("a")], []));
  const ended = await engine.ended(await engine.start(graph));
  expect(await engine.nodes(ended.id)).toMatchObject([{ attempt: 2, usage: { inputTokens: 22, outputTokens: 4 } }]);
});

test("a block is told the pins that its tools links lead to", async () => {
  const seen: unknown[] = [];
  const engine = setup(async ({ tools }) => {
    seen.push(tools);
    return out(1);
  });
  const graph = await engine.save(
    draft(
      [
        engine.place("a"),
        { ...node("calc", "Calculator", { operation: "Add" }), label: "Add them" },
        node("fill", "FillTextTemplate", { format: "{{x}}" }),
      ],
      ["a.tools -> calc.a", "a.out -> calc.b", "a.tools -> fill.values_#_x"],
    ),
  );
  await engine.ended(await engine.start(graph));
  expect(seen).toEqual([
    [
      expect.objectContaining({ sinkId: expect.any(String), sinkPin: "a", name: "Add them", required: true }),
      expect.objectContaining({ sinkPin: "values_#_x", name: "FillTextTemplate", required: true }),
    ],
  ]);
  expect(seen).toEqual([[expect.anything(), expect.objectContaining({ schema: { description: expect.any(String) } })]]);
});

describe("progress and tokens", () => {
  test("reach whoever listens while the node runs, without a secret, and stand nowhere in the record", async () => {
    const engine = setup(({ credential, progress, token }, { credentials: named = null }) => {
      credential(named);
      progress({ done: 1, total: 2, message: `with ${secret}` });
      token("Hello ");
      token("Ada");
      return Promise.resolve(out(1));
    });
    const notes: NodeNote[] = [];
    const listener = await listen(engine.url, eventsChannel, (payload) => {
      const notice = readNotice(payload);
      if ("type" in notice) notes.push(notice);
    });
    const graph = await engine.save(draft([engine.place("act", { credentials: reference })], []));
    const id = await engine.start(graph);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
    const own = () => notes.filter(({ rootId }) => rootId === id);
    const textOf = () =>
      own()
        .flatMap(({ data }) => (typeof data["text"] === "string" ? [data["text"]] : []))
        .join("");
    await until(textOf, (text) => text === "Hello Ada");
    const [node] = await engine.nodes(id);
    const place = { rootId: id, executionId: id, nodeExecutionId: node?.id, path: [id] };
    expect(own().find(({ type }) => type === "node.progress")).toMatchObject({
      ...place,
      data: { nodeId: "act", done: 1, total: 2, message: "with [secret]" },
    });
    expect(await engine.record()).not.toContain("Hello Ada");
    await listener.close();
  });
});
