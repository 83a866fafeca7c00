import { randomUUID } from "node:crypto";
import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import { startRerun, type Rerun } from "../../db/rerun";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Json } from "../../graph/json";
import { newExecutionId } from "../support/factory";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { draft, node } from "../unit/graph/fixtures";

/** Counts its runs, and fails while `failing` has its value. */
function createCounted(name: string) {
  const runs: Json[] = [];
  const failing = new Set<Json>();
  const block: RemoteBlock = {
    definition: define({
      id: randomUUID(),
      name,
      description: "",
      placement: "remote",
      inputSchema: pins({ in: optional(any, null, "") }),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    run: async ({ in: value = null }) => {
      runs.push(value);
      if (failing.has(value)) throw new BlockFailure("out_of_order", "not today");
      return [{ pin: "out", value }];
    },
  };
  const place = (id: string): GraphNode => ({ id, blockId: block.definition.id, constants: {} });
  function reset() {
    runs.length = 0;
    failing.clear();
  }
  return { block, runs, failing, place, reset };
}

const [first, second] = [createCounted("First"), createCounted("Second")];
const engineOf = shareEngine({ blocks: [first.block, second.block] });

function setup() {
  const engine = engineOf();
  for (const counted of [first, second]) counted.reset();
  const items: GraphDraft = draft(
    [
      node("list", "AgentInput", { name: "list" }),
      node("step", "StepThroughItems"),
      first.place("first"),
      second.place("second"),
      node("y", "AgentOutput", { name: "y" }),
    ],
    ["list.result -> step.items", "step.item -> first.in", "first.out -> second.in", "second.out -> y.value"],
  );
  async function rerun(resumedFrom: ExecutionId, again: Rerun["again"] = null): Promise<ExecutionId> {
    const id = newExecutionId();
    expect(await startRerun(engine.db, { id, actor: "ada", resumedFrom, again })).toBeNull();
    await engine.dispatcher.startNow(id);
    return id;
  }
  return { ...engine, first, second, items, rerun };
}

test("a rerun runs what failed and what follows it, and takes over what completed", async () => {
  const engine = setup();
  engine.second.failing.add("b");
  const id = await engine.start(await engine.save(engine.items), { list: ["a", "b", "b", "c"] });
  expect(await engine.ended(id)).toMatchObject({ status: "FAILED", outputs: { y: ["a", "c"] } });
  engine.second.failing.clear();
  engine.first.runs.length = engine.second.runs.length = 0;

  const again = await engine.rerun(id);
  const ended = await engine.ended(again);
  expect(ended).toMatchObject({ status: "COMPLETED", resumedFrom: id, outputs: { y: ["a", "b", "b", "c"] } });
  expect(engine.first.runs).toEqual([]);
  expect(engine.second.runs).toEqual(["b", "b"]);
  expect(await engine.read(id)).toMatchObject({ status: "FAILED" });
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a rerun from a node runs it and what follows it again, and takes over what does not", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.items), { list: ["a", "b"] });
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
  const [from] = await engine.nodes(id, "second");
  if (!from) throw new Error("it did not run");
  engine.first.runs.length = engine.second.runs.length = 0;
  const again = await engine.rerun(id, { except: ["second", "y"], fromSeq: from.seq });
  expect(await engine.ended(again)).toMatchObject({ status: "COMPLETED", outputs: { y: ["a", "b"] } });
  expect(engine.first.runs).toEqual([]);
  expect(engine.second.runs.toSorted()).toEqual(["a", "b"]);
});

test("nested graphs take over what completed in them, and each is taken over once", async () => {
  const engine = setup();
  const graph = draft(
    [
      node("list", "AgentInput", { name: "list" }),
      node("step", "StepThroughItems"),
      node("run", "AgentExecutor", { graphId: "inner" }),
      node("y", "AgentOutput", { name: "y" }),
    ],
    ["list.result -> step.items", "step.item -> run.list", "run.y -> y.value"],
    { subGraphs: [{ ...engine.items, id: "inner" }] },
  );
  engine.second.failing.add("b");
  const id = await engine.start(await engine.save(graph), { list: [["a"], ["a"], ["b"]] });
  expect(await engine.ended(id)).toMatchObject({ status: "FAILED" });
  engine.second.failing.clear();
  engine.first.runs.length = engine.second.runs.length = 0;
  const again = await engine.rerun(id);
  expect(await engine.ended(again)).toMatchObject({ status: "COMPLETED", outputs: { y: ["a", "a", "b"] } });
  expect(engine.first.runs).toEqual([]);
  expect(engine.second.runs).toEqual(["b"]);
  const { rows } = await engine.db.pool.query<{ resumed: number; distinct: number }>(
    "select count(*)::int as resumed, count(distinct resumed_from)::int as distinct from executions where parent_id = $1",
    [again],
  );
  expect(rows).toEqual([{ resumed: 3, distinct: 3 }]);
});

test("what is live cannot be run again", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(draft([node("t", "CountdownTimer", { hours: 1 })], [])));
  const rerun = { id: newExecutionId(), actor: "ada", resumedFrom: id, again: null };
  expect(await startRerun(engine.db, rerun)).toBe("live");
  expect(await startRerun(engine.db, { ...rerun, resumedFrom: newExecutionId() })).toBe("missing");
  await engine.stop(id);
});
