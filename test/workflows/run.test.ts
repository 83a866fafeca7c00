import { randomUUID } from "node:crypto";
import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { GraphNode } from "../../graph/definition";
import type { JsonObject } from "../../graph/json";
import { createGate } from "../support/gate";
import { countNodes, faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** A remote block that fails as often as it is told, and then emits its input. */
function createFlaky(name: string, failures: number, retryable: boolean) {
  let left = failures;
  const block: RemoteBlock = {
    attempts: 3,
    definition: define({
      id: randomUUID(),
      name,
      description: "",
      placement: "remote",
      inputSchema: pins({ in: optional(any, null, "") }),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    run: ({ in: value = null }) => {
      if (left-- > 0) return Promise.reject(new BlockFailure("busy", "ask again", { retryable }));
      return Promise.resolve([{ pin: "out", value }]);
    },
  };
  const place = (id: string): GraphNode => ({
    id,
    blockId: block.definition.id,
    constants: { in: "done" },
    retry: { firstInterval: "1ms" },
  });
  return { block, place };
}

const gate = createGate();
const passing = createFlaky("Passing", 2, true);
const persistent = createFlaky("Persistent", 9, true);
const final = createFlaky("Final", 1, false);
const blocks = [gate, passing, persistent, final].map(({ block }) => block);
const engineOf = shareEngine({ blocks });

beforeEach(() => gate.reset());

const gateNode = (id: string, blockId: string, constants: JsonObject = {}): GraphNode => ({ id, blockId, constants });

describe("an execution", () => {
  test("of inline nodes runs to its output in one local activity", async () => {
    const engine = engineOf();
    const graph = await engine.save(
      draft(
        [
          node("who", "AgentInput", { name: "who" }),
          node("fill", "FillTextTemplate", { format: "Hi {{who}}!" }),
          node("out", "AgentOutput", { name: "greeting" }),
        ],
        ["who.result -> fill.values_#_who", "fill.output -> out.value"],
      ),
    );
    const id = await engine.start(graph, { who: "Ada" });
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { greeting: ["Hi Ada!"] } });
    expect(await engine.closed(id)).toBe("COMPLETED");
    const events = await engine.eventTypes(id);
    expect(events.filter((type) => type === "MARKER_RECORDED")).toHaveLength(1);
    expect(events).not.toContain("ACTIVITY_TASK_SCHEDULED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("runs remote nodes as activities, and what follows them", async () => {
    const engine = engineOf();
    const graph = await engine.save(
      draft(
        [
          gateNode("a", gate.blockId, { in: [1] }),
          gateNode("b", gate.blockId, { in: 2 }),
          node("both", "AddToList"),
          node("out", "AgentOutput", { name: "both" }),
        ],
        ["a.out -> both.list", "b.out -> both.entry", "both.updated_list -> out.value"],
      ),
    );
    const id = await engine.start(graph);
    await until(gate.inside, (inside) => inside.length === 2);
    gate.open();
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { both: [[1, 2]] } });
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("of remote nodes in a row goes on from one to the next in one activity", async () => {
    gate.open();
    const engine = engineOf();
    const ids = ["a", "b", "c", "d"];
    const graph = await engine.save(
      draft(
        ids.map((id) => gateNode(id, gate.blockId, id === "a" ? { in: "x" } : {})),
        ids.slice(1).map((id, index) => `${ids[index]}.out -> ${id}.in`),
      ),
    );
    const id = await engine.start(graph);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect((await engine.eventTypes(id)).filter((type) => type === "ACTIVITY_TASK_SCHEDULED")).toHaveLength(1);
    expect(
      (await engine.nodes(id)).map(({ nodeId, attempt, outputs }) => [nodeId, attempt, outputs[0]?.value]),
    ).toEqual(ids.map((nodeId) => [nodeId, 1, "x"]));
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

describe("a remote node that fails", () => {
  test("for a passing reason is tried again until it succeeds", async () => {
    const engine = engineOf();
    const id = await engine.start(await engine.save(draft([passing.place("f")], [])));
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
    expect(await engine.nodes(id)).toMatchObject([
      { status: "COMPLETED", attempt: 3, outputs: [{ pin: "out", value: "done" }] },
    ]);
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("as often as it may has failed, and so has its execution", async () => {
    const engine = engineOf();
    const id = await engine.start(await engine.save(draft([persistent.place("f")], [])));
    expect(await engine.ended(id)).toMatchObject({
      status: "FAILED",
      endReason: "node_failed",
      error: { nodes: ["f"] },
    });
    expect(await engine.nodes(id)).toMatchObject([
      { status: "FAILED", attempt: 3, error: { code: "busy", message: "ask again" } },
    ]);
    expect(await engine.closed(id)).toBe("COMPLETED"); // the workflow has done its work: the verdict is the record's
  });

  test("for good is not tried again; its linked error pin carries on", async () => {
    const engine = engineOf();
    const graph = await engine.save(
      draft([final.place("f"), node("out", "AgentOutput", { name: "why" })], ["f.error -> out.value"]),
    );
    const id = await engine.start(graph);
    expect(await engine.ended(id)).toMatchObject({
      status: "COMPLETED",
      outputs: { why: ["ask again"] },
      failedNodeExecutions: 1,
    });
    expect((await engine.nodes(id, "f"))[0]).toMatchObject({ status: "FAILED", attempt: 1 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("by its timeout is aborted and has timed out", async () => {
    const engine = engineOf();
    const id = await engine.start(
      await engine.save(draft([{ ...gateNode("g", gate.blockId, { in: "late" }), timeout: "50ms" }], [])),
    );
    expect(await engine.ended(id)).toMatchObject({ status: "FAILED" });
    expect(await engine.nodes(id)).toMatchObject([{ status: "FAILED", endReason: "timed_out" }]);
    expect(gate.aborted()).toEqual(["late"]);
  });
});

describe("a timer", () => {
  test("fires as often as it is told, and holds no activity meanwhile", async () => {
    const engine = engineOf();
    const graph = await engine.save(
      draft(
        [
          node("t", "CountdownTimer", { seconds: "0.02", repeat: 3, input_message: "ding" }),
          node("out", "AgentOutput", { name: "heard" }),
        ],
        ["t.output_message -> out.value"],
      ),
    );
    const id = await engine.start(graph);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { heard: ["ding", "ding", "ding"] } });
    expect(await engine.closed(id)).toBe("COMPLETED");
    const events = await engine.eventTypes(id);
    expect(events.filter((type) => type === "TIMER_FIRED").length).toBeGreaterThanOrEqual(3);
    expect(events).not.toContain("ACTIVITY_TASK_SCHEDULED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("leaves its execution WAITING", async () => {
    const engine = engineOf();
    const id = await engine.start(await engine.save(draft([node("t", "CountdownTimer", { hours: 1 })], [])));
    await until(
      () => engine.read(id),
      ({ status }) => status === "WAITING",
    );
    expect(await countNodes(engine.db, id)).toEqual({ "t WAITING": 1 });
    expect(await engine.stop(id)).toMatchObject({ status: "CLOSED", outcome: "stopped" });
  });
});
