import { randomUUID } from "node:crypto";
import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { GraphDraft, GraphNode, GraphSettings } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { Json } from "../../graph/json";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** A remote block that fails as often as it is told for a value, and counts its runs. */
function createFlaky(name: string) {
  const runs: Json[] = [];
  const failures = new Map<Json, { times: number; code: string }>();
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
      const failing = failures.get(value);
      if (failing && failing.times-- > 0) throw new BlockFailure(failing.code, "not now");
      return [{ pin: "out", value }];
    },
  };
  const place = (id: string): GraphNode => ({ id, blockId: block.definition.id, constants: {} });
  const fail = (value: Json, times: number, code = "out_of_order") => void failures.set(value, { times, code });
  function reset() {
    runs.length = 0;
    failures.clear();
  }
  return { block, runs, fail, place, reset };
}

const [first, second] = [createFlaky("First"), createFlaky("Second")];
const engineOf = shareEngine({ blocks: [first.block, second.block] });

function setup() {
  const engine = engineOf();
  for (const flaky of [first, second]) flaky.reset();
  /** Each item goes through both. */
  const items = (settings: GraphSettings): GraphDraft =>
    draft(
      [
        node("list", "AgentInput", { name: "list" }),
        node("step", "StepThroughItems"),
        first.place("first"),
        second.place("second"),
        node("y", "AgentOutput", { name: "y" }),
      ],
      ["list.result -> step.items", "step.item -> first.in", "first.out -> second.in", "second.out -> y.value"],
      { settings },
    );
  async function run(graph: GraphDraft) {
    const id = await engine.start(await engine.save(graph), { list: ["a", "b", "c"] });
    return { id, execution: await engine.ended(id) };
  }
  async function events(id: ExecutionId) {
    const { rows } = await engine.db.pool.query<{ data: Json }>(
      "select data from events where root_id = $1 and type = 'execution.resurrected' order by seq",
      [id],
    );
    return rows.map(({ data }) => data);
  }
  return { ...engine, first, second, items, run, events };
}

const soon = { resurrect: { cooldown: "50ms" } };

describe("an execution whose graph asks for resurrection", () => {
  test("goes on after failures that pass, and does nothing again that is done", async () => {
    const engine = setup();
    engine.second.fail("b", 2);
    const { id, execution } = await engine.run(engine.items(soon));
    expect(execution).toMatchObject({ status: "COMPLETED", resurrections: 2, outputs: { y: ["a", "c", "b"] } });
    expect(engine.first.runs.toSorted()).toEqual(["a", "b", "c"]);
    expect(engine.second.runs.toSorted()).toEqual(["a", "b", "b", "b", "c"]);
    expect(await engine.events(id)).toEqual([
      { attempt: 1, attempts: 3, afterMs: 50, nodes: ["second"] },
      { attempt: 2, attempts: 3, afterMs: 50, nodes: ["second"] },
    ]);
    const seconds = await engine.nodes(id, "second");
    const failed = seconds.filter(({ status }) => status === "FAILED");
    expect(failed).toHaveLength(2);
    expect(seconds.flatMap(({ resurrects }) => resurrects ?? [])).toEqual(failed.map((one) => one.id));
    expect(execution.failedNodeExecutions).toBe(2);
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("fails when it has gone on as often as it may", async () => {
    const engine = setup();
    engine.first.fail("b", 9);
    const { execution } = await engine.run(engine.items({ resurrect: { attempts: 1, cooldown: "50ms" } }));
    expect(execution).toMatchObject({ status: "FAILED", resurrections: 1, error: { nodes: ["first"] } });
    expect(engine.first.runs.filter((value) => value === "b")).toHaveLength(2);
  });

  test("fails at once where one of its failures would only come again, also where others pass", async () => {
    const engine = setup();
    engine.first.fail("a", 1);
    engine.first.fail("b", 1, "model_auth");
    const { id, execution } = await engine.run(engine.items(soon));
    expect(execution).toMatchObject({ status: "FAILED", resurrections: 0 });
    expect(await engine.events(id)).toEqual([]);
  });

  test("is not stopped by a failure that may pass, though its graph stops at failures", async () => {
    const engine = setup();
    engine.second.fail("a", 1);
    const { execution } = await engine.run(engine.items({ ...soon, onNodeFailure: "stop" }));
    expect(execution).toMatchObject({ status: "COMPLETED", resurrections: 1, outputs: { y: ["b", "c", "a"] } });
  });

  test("goes on in a nested graph that failed: what that has completed is taken over", async () => {
    const engine = setup();
    engine.second.fail("b", 1);
    const graph = draft(
      [
        node("list", "AgentInput", { name: "list" }),
        node("run", "AgentExecutor", { graphId: "inner" }),
        node("out", "AgentOutput", { name: "out" }),
      ],
      ["list.result -> run.list", "run.y -> out.value"],
      { settings: soon, subGraphs: [{ ...engine.items({}), id: "inner" }] },
    );
    const { id, execution } = await engine.run(graph);
    expect(execution).toMatchObject({ status: "COMPLETED", resurrections: 1 });
    expect(engine.first.runs.toSorted()).toEqual(["a", "b", "c"]);
    expect(engine.second.runs.toSorted()).toEqual(["a", "b", "b", "c"]);
    const [failed, again] = await engine.nodes(id, "run");
    expect(failed).toMatchObject({ status: "FAILED" });
    expect(again).toMatchObject({ status: "COMPLETED", resurrects: failed?.id });
    const { rows } = await engine.db.pool.query("select resumed_from from executions where id = $1", [
      again?.childExecutionId,
    ]);
    expect(rows).toEqual([{ resumed_from: failed?.childExecutionId }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is stopped in its pause like one that waits", async () => {
    const engine = setup();
    engine.first.fail("a", 1);
    const graph = await engine.save(engine.items({ resurrect: { cooldown: "1h" } }));
    const id = await engine.start(graph, { list: ["a"] });
    await until(
      () => engine.read(id),
      ({ status }) => status === "WAITING",
    );
    expect(await engine.stop(id)).toMatchObject({ outcome: "stopped" });
    expect(engine.first.runs).toEqual(["a"]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
