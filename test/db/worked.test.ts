import { randomUUID } from "node:crypto";
import { BlockFailure, type Block } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { catalogOf, createRegistry } from "../../blocks/registry";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { agentExecutorBlockId } from "../../graph/block";
import type { GraphDraft, GraphNode, Masks } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Json, JsonObject } from "../../graph/json";
import { testDatabase } from "../support/database";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { countNodes, faultsOf } from "../support/record";
import { createRunner } from "../support/run";
import { blockId, draft, node } from "../unit/graph/fixtures";

type Given = { readonly inputs?: JsonObject; readonly masks?: Masks; readonly blocks?: readonly Block[] };

/** Runs the graph on the real blocks, the real step and Postgres; only Temporal is not there. */
async function setup(graph: GraphDraft, { inputs = {}, masks = {}, blocks = [] }: Given = {}) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const saved = await saveGraph(db, graph, catalogOf(createRegistry(blocks)));
  const id = await startGraph(db, saved, { inputs, masks, limits: { depth: 9, children: 9 } });
  await createRunner(db, blocks)(id);
  const read = async (of: ExecutionId) => {
    const execution = await readExecution(db, ownerId, of, [blockId("AgentOutput")]);
    if (!execution) throw new Error(`no execution ${of}`);
    const outputs: Record<string, Json[]> = {};
    for (const [{ name }, value] of execution.outputs) (outputs[String(name)] ??= []).push(value);
    return { ...execution, outputs };
  };
  return {
    read,
    execution: await read(id),
    counts: await countNodes(db, id),
    of: (nodeId: string) => listNodeExecutions(db, id, { statuses: [], nodeId }, { limit: 100, after: 0 }),
    async [Symbol.asyncDispose]() {
      expect(await faultsOf(db)).toEqual([]);
      await db.close();
    },
  };
}

const input = (name: string, constants: JsonObject = {}) => node(name, "AgentInput", { name, ...constants });
const output = (name: string, constants: JsonObject = {}) => node(name, "AgentOutput", { name, ...constants });
const store = (id: string, value?: Json) => node(id, "StoreValue", value === undefined ? {} : { input: value });
const items = (id: string, ...values: Json[]) => node(id, "StepThroughItems", { items: values });
const calculate = (id: string, operation: string, constants: JsonObject = {}) =>
  node(id, "Calculator", { operation, ...constants });

const completed = (...ids: string[]) => Object.fromEntries(ids.map((id) => [`${id} COMPLETED`, 1]));
const finished = { status: "COMPLETED", endReason: "finished" } as const;

// W18, the endless loop, is in test/db/limits.test.ts.
describe("worked expectations", () => {
  test("W1 template", async () => {
    const fill = node("fill", "FillTextTemplate", { format: "{{a}} {{b}}{{c}}", "values_#_c": "!" });
    const links = ["a.result -> fill.values_#_a", "b.result -> fill.values_#_b", "fill.output -> kept.input"];
    const graph = draft([input("a"), input("b"), fill, store("kept")], links);
    await using run = await setup(graph, { inputs: { a: "Good", b: "day" } });
    expect(run.execution).toMatchObject(finished);
    expect(run.counts).toEqual(completed("a", "b", "fill", "kept"));
    expect(await run.of("fill")).toMatchObject([
      {
        outputs: [{ pin: "output", value: "Good day!" }],
        inputs: {
          format: "{{a}} {{b}}{{c}}",
          values: { a: "Good", b: "day", c: "!" },
          ...{ "values_#_a": "Good", "values_#_b": "day", "values_#_c": "!" },
        },
      },
    ]);
    expect((await run.of("kept")).map(({ inputs }) => inputs)).toEqual([{ input: "Good day!" }]);
  });

  test("W2 linked pins are awaited", async () => {
    const find = node("find", "FindInDictionary", { key: "", input: {} });
    const links = ["map.output -> find.input", "key.output -> find.key"];
    await using run = await setup(draft([store("map", { k1: "v1", k2: "v2" }), store("key", "k2"), find], links));
    expect(run.counts).toEqual(completed("map", "key", "find"));
    expect(await run.of("find")).toMatchObject([{ outputs: [{ pin: "output", value: "v2" }] }]);
  });

  test.each([
    ["first", ["b", "x", "y", "z"]],
    ["last", ["x", "y", "z", "b"]],
  ])("W3 late static value, b %s", async (_, order) => {
    const stores = order.map((id) => store(id, id === "b" ? 5 : 4));
    const links = ["x.output -> add.a", "y.output -> add.a", "z.output -> add.a", "b.output -> b2.input"];
    const graph = draft([...stores, store("b2"), calculate("add", "Add")], [...links, "b2.output -> add.b"]);
    await using run = await setup(graph);
    expect(run.counts).toEqual({ ...completed("x", "y", "z", "b", "b2"), "add COMPLETED": 3 });
    expect((await run.of("add")).map(({ outputs }) => outputs)).toEqual(
      Array.from({ length: 3 }, () => [{ pin: "result", value: 9 }]),
    );
  });

  test.each([
    ["W4 preset", { dictionary: { p: 1, q: 2 }, selected: "q" }, 2],
    ["W5 preset overridden", { dictionary: { p: 1, q: 2 }, selected: "p" }, 1],
  ])("%s", async (_, inputs, found) => {
    const nodes = [input("dictionary"), input("selected"), store("kept", "other"), node("find", "FindInDictionary")];
    const links = ["dictionary.result -> kept.input", "kept.output -> find.input", "selected.result -> find.key"];
    await using run = await setup(draft(nodes, links), { inputs });
    expect(run.counts).toEqual(completed("dictionary", "selected", "kept", "find"));
    expect(await run.of("find")).toMatchObject([{ outputs: [{ pin: "output", value: found }] }]);
  });

  test.each([
    [{ who: "Ada" }, "Hi Ada!"],
    [{}, "Hi you!"],
  ])("W6 Greeter, started with %j", async (inputs, greeting) => {
    await using run = await setup(greeter(), { inputs });
    expect(run.execution).toMatchObject({ ...finished, outputs: { greeting: [greeting] } });
    expect(run.counts).toEqual(completed("who", "fill", "greeting"));
  });

  test("W7 zip", async () => {
    const nodes = [items("a", 1, 2, 3), items("b", 10, 20), calculate("add", "Add"), output("sum")];
    await using run = await setup(draft(nodes, ["a.item -> add.a", "b.item -> add.b", "add.result -> sum.value"]));
    expect(run.execution).toMatchObject({ ...finished, outputs: { sum: [11, 22] } });
    const ends = { "add COMPLETED": 2, "add TERMINATED": 1, "sum COMPLETED": 2 };
    expect(run.counts).toEqual({ ...completed("a", "b"), ...ends });
    expect((await run.of("add")).at(-1)).toMatchObject({ endReason: "unfed", inputs: { a: 3 }, missingPins: ["b"] });
  });

  test("W8 static re-use", async () => {
    const nodes = [items("a", 1, 2, 3), input("n"), calculate("times", "Multiply"), output("p")];
    const links = ["a.item -> times.a", "n.result -> times.b", "times.result -> p.value"];
    await using run = await setup(draft(nodes, links), { inputs: { n: 10 } });
    expect(run.execution).toMatchObject({ ...finished, outputs: { p: [10, 20, 30] } });
    expect(run.counts).toEqual({ ...completed("a", "n"), "times COMPLETED": 3, "p COMPLETED": 3 });
  });

  test("W9 merge", async () => {
    const nodes = [items("first", "x"), items("second", "y", "z"), output("all")];
    await using run = await setup(draft(nodes, ["first.item -> all.value", "second.item -> all.value"]));
    const { all = [] } = run.execution.outputs;
    expect(all.toSorted()).toEqual(["x", "y", "z"]);
    expect(all.indexOf("y")).toBeLessThan(all.indexOf("z"));
    expect(run.counts).toEqual({ ...completed("first", "second"), "all COMPLETED": 3 });
  });

  test("W10 accumulator", async () => {
    const empty = node("empty", "CreateList", { values: [] });
    const done = node("done", "Condition", { operator: "==" });
    const rest = [node("add", "AddToList"), node("count", "CountItems"), store("three", 3), done, output("all")];
    const links = [
      ...["letters.item -> add.entry", "empty.list -> add.list", "add.updated_list -> add.list"],
      ...["add.updated_list -> count.collection", "add.updated_list -> done.yes_value"],
      ...["count.count -> done.value1", "three.output -> done.value2", "done.yes_output -> all.value"],
    ];
    await using run = await setup(draft([items("letters", "a", "b", "c"), empty, ...rest], links));
    expect(run.execution).toMatchObject({ ...finished, outputs: { all: [["a", "b", "c"]] } });
    const thrice = { "add COMPLETED": 3, "count COMPLETED": 3, "done COMPLETED": 3 };
    expect(run.counts).toEqual({ ...completed("letters", "empty", "three", "all"), ...thrice, "add TERMINATED": 1 });
    expect((await run.of("add")).at(-1)).toMatchObject({ inputs: { list: ["a", "b", "c"] }, missingPins: ["entry"] });
  });

  test("W11 countdown", async () => {
    const positive = node("positive", "Condition", { operator: ">", value2: 0, no_value: "done" });
    const nodes = [input("n"), calculate("subtract", "Subtract", { b: 1 }), positive, output("end")];
    const links = ["n.result -> subtract.a", "subtract.result -> positive.value1", "positive.yes_output -> subtract.a"];
    await using run = await setup(draft(nodes, [...links, "positive.no_output -> end.value"]), { inputs: { n: 3 } });
    expect(run.execution).toMatchObject({ ...finished, outputs: { end: ["done"] } });
    expect(run.counts).toEqual({ ...completed("n", "end"), "subtract COMPLETED": 3, "positive COMPLETED": 3 });
  });

  test.each([
    ["linked", ["remove.error -> err.value"], { err: [expect.any(String)], ok: [1] }, finished],
    ["not linked", [], { ok: [1] }, { status: "FAILED", endReason: "node_failed" }],
  ])("W12 error pin, %s", async (_, error, outputs, end) => {
    const remove = node("remove", "RemoveFromDictionary", { dictionary: { a: 1 }, key: "z" });
    const nodes = [remove, output("err"), output("never"), store("one", 1), output("ok")];
    const links = [...error, "remove.updated_dictionary -> never.value", "one.output -> ok.value"];
    const starts = error.length > 0 ? nodes : nodes.filter(({ id }) => id !== "err");
    await using run = await setup(draft(starts, links));
    expect(run.execution).toMatchObject(end);
    expect(run.execution.outputs).toEqual(outputs);
    expect(run.counts).toMatchObject({ "remove FAILED": 1, ...completed("one", "ok") });
  });

  test("W13 late failure", async () => {
    const stub: Block = {
      definition: define({
        ...{ id: randomUUID(), name: "Stub", description: "", placement: "inline" },
        inputSchema: pins({ in: optional(any, null, "") }),
        outputSchema: pins({ output: emitted(any, "") }),
      }),
      run() {
        throw new BlockFailure("late", "too late", { emitted: [{ pin: "output", value: 7 }] });
      },
    };
    const fails: GraphNode = { id: "fails", blockId: stub.definition.id, constants: {} };
    const graph = draft([fails, output("both")], ["fails.output -> both.value", "fails.error -> both.value"]);
    await using run = await setup(graph, { blocks: [stub] });
    expect(run.execution).toMatchObject({ ...finished, outputs: { both: [7, "too late"] } });
    expect(run.counts).toEqual({ "fails FAILED": 1, "both COMPLETED": 2 });
  });

  test("W14 selectors", async () => {
    const list = node("list", "CreateList", { values: [5, null, 9] });
    const links = ["list.list_$_0 -> a.value", "list.list_$_1 -> b.value", "list.list_$_9 -> c.value"];
    await using run = await setup(draft([list, output("a"), output("b"), output("c")], links));
    expect(run.execution).toMatchObject(finished);
    expect(run.execution.outputs).toEqual({ a: [5] });
    expect(run.counts).toEqual(completed("list", "a"));
  });

  test("W15 absent input", async () => {
    const nodes = [input("a"), input("b", { value: "B" }), node("combine", "CombineTexts"), output("text")];
    const links = ["a.result -> combine.input_$_0", "b.result -> combine.input_$_1", "combine.output -> text.value"];
    await using run = await setup(draft(nodes, links));
    expect(run.execution).toMatchObject(finished);
    expect(run.execution.outputs).toEqual({});
    expect(run.counts).toEqual({ ...completed("a", "b"), "combine TERMINATED": 1 });
    expect(await run.of("combine")).toMatchObject([{ missingPins: ["input_$_0"], inputs: { input_$_1: "B" } }]);
  });

  test("W16 all static", async () => {
    const nodes = [items("a", 1), items("b", 10, 20), calculate("add", "Add"), output("s")];
    await using run = await setup(draft(nodes, ["a.item => add.a", "b.item => add.b", "add.result -> s.value"]));
    expect(run.execution).toMatchObject({ ...finished, outputs: { s: [11, 21] } });
    expect(run.counts).toEqual({ ...completed("a", "b"), "add COMPLETED": 2, "s COMPLETED": 2 });
  });

  test("W17 list pins", async () => {
    const nodes = [input("a"), input("b"), node("combine", "CombineTexts", { delimiter: "-" }), output("text")];
    const links = ["a.result -> combine.input_$_0", "b.result -> combine.input_$_1", "combine.output -> text.value"];
    await using run = await setup(draft(nodes, links), { inputs: { a: "x", b: "y" } });
    expect(run.execution).toMatchObject({ ...finished, outputs: { text: ["x-y"] } });
    expect(run.counts).toEqual(completed("a", "b", "combine", "text"));
    expect((await run.of("combine"))[0]?.inputs["input"]).toEqual(["x", "y"]);
  });

  test.each([
    ["W19 nested", {}, "Hi Ada!"],
    ["W20 nested with format", { format: "<{{greeting}}>" }, "<Hi Ada!>"],
  ])("%s", async (_, constants, greeting) => {
    await using run = await setup(wrapper(greeter(constants)), { inputs: { name: "Ada" } });
    expect(run.execution).toMatchObject({ ...finished, outputs: { result: [greeting] }, tree: { executions: 2 } });
    const [nested] = await run.of("nested");
    const child = await run.read(nested?.childExecutionId as ExecutionId);
    expect(child).toMatchObject({ ...finished, inputs: { who: "Ada" }, outputs: { greeting: [greeting] } });
  });

  test("W21 failed child", async () => {
    const { nodes, ...child } = greeter();
    const failing = { ...child, nodes: [...nodes, node("bad", "RemoveFromDictionary", { dictionary: {}, key: "z" })] };
    await using run = await setup(wrapper(failing), { inputs: { name: "Ada" } });
    expect(run.execution).toMatchObject({ status: "FAILED", endReason: "node_failed", error: { nodes: ["nested"] } });
    expect(run.execution.outputs).toEqual({ result: ["Hi Ada!"] });
    const [nested] = await run.of("nested");
    expect(nested).toMatchObject({
      status: "FAILED",
      error: { code: "node_failed", nodes: ["bad"], childExecutionId: nested?.childExecutionId },
    });
  });

  test("W22 mask", async () => {
    const nodes = [items("a", 1, 2, 3), calculate("times", "Multiply", { b: 10 }), output("p")];
    const links = ["a.item -> times.a", "times.result -> p.value"];
    await using run = await setup(draft(nodes, links), { masks: { times: { b: 100 } } });
    expect(run.execution).toMatchObject({ ...finished, outputs: { p: [100, 200, 300] } });
  });
});

function greeter(constants: JsonObject = {}): GraphDraft {
  const fill = node("fill", "FillTextTemplate", { format: "Hi {{person}}{{mark}}", "values_#_mark": "!" });
  const who = node("who", "AgentShortTextInput", { name: "who", value: "you" });
  const links = ["who.result => fill.values_#_person", "fill.output -> greeting.value"];
  return draft([who, fill, output("greeting", constants)], links, { id: "child" });
}

function wrapper(child: GraphDraft): GraphDraft {
  const nested = { id: "nested", blockId: agentExecutorBlockId, constants: { graphId: "child" } };
  const links = ["name.result -> nested.who", "nested.greeting -> result.value"];
  return draft([input("name"), nested, output("result")], links, { subGraphs: [child] });
}
