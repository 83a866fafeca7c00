import { enclose, readFile, saveFile, writeWith } from "../../db/blobs";
import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { startRerun } from "../../db/rerun";
import { deleteTree, deleteUnusedBlobs } from "../../db/retention";
import { commitStep } from "../../db/step";
import { largesOf } from "../../db/step-documents";
import type { GraphDraft } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Json, JsonObject } from "../../graph/json";
import { isLarge, type Large } from "../../graph/large";
import { testDatabase } from "../support/database";
import { begin, newExecutionId, newNodeId, ownerId, saveGraph, startGraph } from "../support/factory";
import { faultsOf } from "../support/record";
import { createRunner } from "../support/run";
import { blockId, draft, node } from "../unit/graph/fixtures";

const text = "abcdefgh".repeat(50_000); // 400 kB: too much to run inline with

async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  const run = createRunner(db);
  const read = async (id: ExecutionId) => {
    const found = await readExecution(db, ownerId, id, [blockId("AgentOutput")]);
    if (!found) throw new Error("no execution");
    return { ...found, values: found.outputs.map(([, value]) => value) };
  };
  return {
    db,
    read,
    nodes: (id: ExecutionId) => listNodeExecutions(db, id, { statuses: [], nodeId: null }, { limit: 100, after: 0 }),
    carryOn: run,
    async blobs(): Promise<string[]> {
      return (await db.pool.query<{ id: string }>("select id from blobs order by id")).rows.map(({ id }) => id);
    },
    async run(graph: GraphDraft, inputs: JsonObject): Promise<ExecutionId> {
      const id = await startGraph(db, await saveGraph(db, graph), { inputs });
      await run(id);
      return id;
    },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

function large(value: Json): Large {
  const enclosed = enclose(ownerId, value);
  if (!isLarge(enclosed)) throw new Error("not large");
  return enclosed;
}

/** The value of the input `in` goes through StoreValue nodes to the output `out`. */
function chain(length: number): GraphDraft {
  const names = Array.from({ length }, (_, i) => `s${i}`);
  return draft(
    [
      node("in", "AgentInput", { name: "in" }),
      ...names.map((name) => node(name, "StoreValue")),
      node("out", "AgentOutput", { name: "out" }),
    ],
    [
      ...["in.result", ...names.map((name) => `${name}.output`)].map(
        (source, i) => `${source} -> ${names[i] ? `${names[i]}.input` : "out.value"}`,
      ),
    ],
  );
}

describe("a large value", () => {
  test("is stored once, however many nodes and nested graphs hand it on, none of which needs it", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        node("run", "AgentExecutor", { graphId: "inner" }),
        node("out", "AgentOutput", { name: "out" }),
      ],
      ["in.result -> run.in", "run.out -> out.value"],
      { subGraphs: [{ ...chain(20), id: "inner" }] },
    );
    const id = await bundle.run(graph, { in: text });
    // The runner has no worker: a node that needs the value itself would still be QUEUED.
    expect(await bundle.read(id)).toMatchObject({ status: "COMPLETED" });
    expect((await bundle.read(id)).values.map((value) => isLarge(value) && value.id)).toEqual([large(text).id]);
    expect(await bundle.blobs()).toEqual([large(text).id]);
    const { rows } = await db.pool.query<{ longest: number; many: number }>(
      `select max(length(value::text)) as longest, count(*)::int as many from (
        select inputs as value from node_executions union all select value from outputs union all select inputs from executions
        union all select data from events) r`,
    );
    expect(rows[0]?.many).toBeGreaterThan(100);
    expect(rows[0]?.longest).toBeLessThan(1_000);
    expect(await readFile(db, ownerId, large(text).id)).toMatchObject({ contentType: "application/json" });
    expect(await faultsOf(db)).toEqual([]);
  });

  test("is looked into where a link takes a part of it, and what is built with it is the whole", async () => {
    await using bundle = await setup();
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        node("part", "AgentOutput", { name: "part" }),
        node("built", "StoreValue", { input: {} }),
        node("whole", "AgentOutput", { name: "whole" }),
      ],
      ["in.result_#_small -> part.value", "in.result_#_big -> built.data_#_inside", "built.output -> whole.value"],
    );
    const id = await bundle.run(graph, { in: { small: 7, big: text } });
    const { status, values } = await bundle.read(id);
    expect({ status, part: values[0] }).toEqual({ status: "COMPLETED", part: 7 });
    expect(values[1]).toMatchObject({ id: large({ inside: text }).id, kind: "object" });
  });

  test("that a block needs is loaded, and makes the node remote when it is too much for a segment", async () => {
    await using bundle = await setup();
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        node("count", "CountItems"),
        node("out", "AgentOutput", { name: "out" }),
      ],
      ["in.result -> count.collection", "count.count -> out.value"],
    );
    const medium = await bundle.run(graph, { in: text.slice(0, 100_000) });
    expect(await bundle.read(medium)).toMatchObject({ status: "COMPLETED", values: [100_000] });
    const whole = await bundle.run(graph, { in: text });
    expect((await bundle.nodes(whole)).at(-1)).toMatchObject({ status: "QUEUED", nodeId: "count" });
  });

  test("that is a map's list is gone through, its items too", async () => {
    await using bundle = await setup();
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        { ...node("run", "AgentExecutor", { graphId: "inner" }), map: { pin: "in" } },
        node("count", "CountItems"),
        node("counted", "AgentOutput", { name: "counted" }),
        node("out", "AgentOutput", { name: "out" }),
      ],
      ["in.result -> run.in", "run.out -> out.value", "in.result -> count.collection", "count.count -> counted.value"],
      { subGraphs: [{ ...chain(1), id: "inner" }] },
    );
    const items = ["a".repeat(100_000), "b".repeat(100_000)];
    const id = await bundle.run(graph, { in: items });
    const { status, values } = await bundle.read(id);
    expect({ status, count: values[0] }).toEqual({ status: "COMPLETED", count: 2 });
    expect(values[1]).toMatchObject({ id: large(items).id, kind: "array" });
    expect(await bundle.blobs()).toHaveLength(3);
  });

  test("is not what data looks like, though it goes through the record beside one", async () => {
    await using bundle = await setup();
    await bundle.run(chain(1), { in: text });
    const { rows } = await bundle.db.pool.query<{ text: string }>("select inputs::text as text from executions");
    const forged = [rows[0]?.text ?? "", JSON.parse(rows[0]?.text ?? "") as Json, { $large: { id: large(text).id } }];
    const id = await bundle.run(chain(2), { in: forged });
    expect(await bundle.read(id)).toMatchObject({ status: "COMPLETED", values: [forged] });
    const { rows: uses } = await bundle.db.pool.query("select 1 from blob_uses where root_id = $1", [id]);
    expect(uses).toEqual([]);
  });

  test("of the wrong kind is converted, as a small one is", async () => {
    await using bundle = await setup();
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        node("join", "CombineTexts", { delimiter: "" }),
        node("out", "AgentOutput", { name: "out" }),
      ],
      ["in.result -> join.input", "join.output -> out.value"],
    );
    const id = await bundle.run(graph, { in: [1, "x".repeat(70_000)] });
    expect((await bundle.read(id)).values[0]).toMatchObject({ kind: "string", bytes: 70_003 });
  });
});

describe("what is stored", () => {
  test("by a step that is refused is used by nobody, and goes with the rest that nobody uses", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const kept = await bundle.run(chain(1), { in: text });
    const id = await startGraph(db, await saveGraph(db, chain(1)));
    const output = { id: newNodeId(), ordinal: 0, pin: "out", value: enclose(ownerId, ["refused", text]) };
    const refused = { ...begin(id, { outputs: [output] }), version: 7 };
    const commit = () => commitStep(db, id, [refused]);
    expect(await writeWith(db, ownerId, largesOf(refused), commit)).toEqual(["version"]);
    expect(await bundle.blobs()).toHaveLength(2);
    expect(await deleteUnusedBlobs(db, 86_400_000)).toBe(0); // the step may come again
    expect(await deleteUnusedBlobs(db, 0)).toBe(1);
    expect(await bundle.blobs()).toEqual([large(text).id]);
    expect((await bundle.read(kept)).values[0]).toMatchObject({ id: large(text).id });
  });

  test("by a start is used from then on, though nothing runs yet", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const id = await startGraph(db, await saveGraph(db, chain(1)), { inputs: { in: text } });
    expect(await deleteUnusedBlobs(db, 0)).toBe(0);
    expect(await faultsOf(db)).toEqual([]);
    await bundle.carryOn(id);
    expect((await bundle.read(id)).values[0]).toMatchObject({ id: large(text).id });
  });

  test("goes with the last tree that uses it", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const first = await bundle.run(chain(1), { in: text });
    const second = await bundle.run(chain(2), { in: text });
    const file = await saveFile(db, ownerId, { contentType: "text/plain", bytes: Buffer.from("hi") }, first);
    expect(await bundle.blobs()).toHaveLength(2);
    expect(await deleteTree(db, ownerId, first)).toBeNull();
    expect(await bundle.blobs()).toEqual([large(text).id]);
    expect(await readFile(db, ownerId, file)).toBeNull();
    expect(await deleteTree(db, ownerId, second)).toBeNull();
    expect(await bundle.blobs()).toEqual([]);
  });

  test("stays for a detached nested graph whose starter is deleted", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const graph = draft(
      [
        node("in", "AgentInput", { name: "in" }),
        { ...node("run", "AgentExecutor", { graphId: "inner" }), lifecycle: "detached" },
      ],
      ["in.result -> run.in"],
      { subGraphs: [{ ...chain(1), id: "inner" }] },
    );
    const id = await bundle.run(graph, { in: text });
    expect(await bundle.read(id)).toMatchObject({ status: "COMPLETED" });
    expect(await faultsOf(db)).toEqual([]);
    expect(await deleteTree(db, ownerId, id)).toBeNull();
    expect(await bundle.blobs()).toEqual([large(text).id]);
  });

  test("stays for a rerun of an execution that is deleted", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const first = await bundle.run(chain(1), { in: text });
    const id = newExecutionId();
    expect(await startRerun(db, { id, actor: ownerId, resumedFrom: first, again: null })).toBeNull();
    expect(await faultsOf(db)).toEqual([]); // before it has done anything
    await bundle.carryOn(id);
    expect(await deleteTree(db, ownerId, first)).toBeNull();
    expect(await bundle.read(id)).toMatchObject({ status: "COMPLETED", values: [{ id: large(text).id }] });
    expect(await bundle.blobs()).toEqual([large(text).id]);
    expect(await faultsOf(db)).toEqual([]);
  });

  test("is stored again where a deletion comes between it and its step", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const id = await startGraph(db, await saveGraph(db, chain(1)));
    const unit = begin(id, { outputs: [{ id: newNodeId(), ordinal: 0, pin: "out", value: enclose(ownerId, text) }] });
    let tries = 0;
    const verdicts = await writeWith(db, ownerId, largesOf(unit), async () => {
      if (++tries === 1) await deleteUnusedBlobs(db, 0);
      return commitStep(db, id, [unit]);
    });
    expect({ verdicts, tries }).toEqual({ verdicts: [null], tries: 2 });
    expect(await bundle.blobs()).toEqual([large(text).id]);
    await expect(db.pool.query("delete from blobs")).rejects.toThrow("blob_uses_blob_id_blobs_id_fk");
  });

  test("is one owner's: another reads nothing by its id", async () => {
    await using bundle = await setup();
    const id = await saveFile(bundle.db, ownerId, { contentType: "text/plain", bytes: Buffer.from("hi") }, null);
    expect(await readFile(bundle.db, ownerId, id)).toMatchObject({ contentType: "text/plain" });
    expect(await readFile(bundle.db, "mallory", id)).toBeNull();
  });
});
