import type { Result } from "../../../activities/result";
import type { Segment } from "../../../activities/segment";
import type { State } from "../../../db/state";
import type { NodeExecutionId } from "../../../graph/ids";
import type { Json } from "../../../graph/json";
import type { RemoteWork } from "../../../workflows/messages";
import { draft, node } from "../graph/fixtures";
import { ended, eventsOf, executionId, farNode, nodeId, openSegment, row, written } from "./segment-fixture";

const setup = openSegment;

function finished(
  id: NodeExecutionId,
  value: Json,
  changes: Partial<Extract<Result, { kind: "finished" }>> = {},
): Result {
  const emissions = [{ pin: "out", value }];
  return {
    kind: "finished",
    id,
    attempt: 1,
    status: "COMPLETED",
    endReason: "finished",
    emissions,
    error: null,
    ...changes,
  };
}

/** Inputs of what the segment has made of a node, in the order of their rows. */
function inputsOf(segment: Segment, of: string) {
  const { inserts } = segment.unit() ?? { inserts: [] };
  return inserts.filter((one) => one.nodeId === of).map(({ inputs }) => inputs["value"] ?? inputs["input"]);
}

/** A remote node whose results are stored one by one. */
const results = (more: object = {}) =>
  draft([{ ...farNode("far"), ...more }, node("store", "StoreValue")], ["far.out -> store.input"]);

describe("results of one node's executions", () => {
  test("that come out of order are kept until the older ones have ended", () => {
    const segment = setup(results(), {
      state: { open: 2, asked: [row(6, { nodeId: "far" })], oldestLive: { far: 5 } },
    });
    expect(segment.record(finished(nodeId(6), "second"))).toBe(true);
    segment.run();
    expect(inputsOf(segment, "store")).toEqual([]);
    const { of, unit } = written(segment) ?? {};
    expect(of?.(nodeId(6))).toMatchObject({ status: "COMPLETED", closed: false, emitted: 1, delivered: 0 });
    expect(unit).toMatchObject({ execution: { open: 0 }, outputs: [{ pin: "out", value: "second" }] });
    expect(segment.ended).toBeNull();
  });

  test("are delivered in queue order once the oldest has ended", () => {
    const segment = setup(results(), {
      state: {
        open: 3,
        asked: [row(5, { nodeId: "far" })],
        undelivered: [ended(7, "far", "third"), ended(6, "far", "second")],
      },
    });
    segment.record(finished(nodeId(5), "first"));
    segment.run();
    expect(inputsOf(segment, "store")).toEqual(["first", "second", "third"]);
    expect(segment.ended).toMatchObject({ status: "COMPLETED" });
  });

  test("are delivered as they come where the order does not matter", () => {
    const segment = setup(results({ ordered: false }), {
      state: { open: 2, asked: [row(6, { nodeId: "far" })], oldestLive: { far: 5 } },
    });
    segment.record(finished(nodeId(6), "second"));
    segment.run();
    expect(inputsOf(segment, "store")).toEqual(["second"]);
    expect(written(segment)?.of(nodeId(6))).toMatchObject({ closed: true, delivered: 1 });
  });

  test("hold nobody of another node back", () => {
    const graph = draft([farNode("a"), farNode("b"), node("store", "StoreValue")], ["b.out -> store.input"]);
    const segment = setup(graph, { state: { open: 2, asked: [row(6, { nodeId: "b" })], oldestLive: { a: 5 } } });
    segment.record(finished(nodeId(6), 1));
    segment.run();
    expect(inputsOf(segment, "store")).toEqual([1]);
    expect(segment.ended).toBeNull(); // `a` is still open
  });

  test("do not count twice, nor from an older attempt, nor of what is not open", () => {
    const segment = setup(results(), { state: { open: 1, asked: [row(5, { nodeId: "far", attempt: 2 })] } });
    expect(segment.record(finished(nodeId(5), "old"))).toBe(false);
    expect(segment.record(finished(nodeId(99), "unknown"))).toBe(false);
    expect(segment.record(finished(nodeId(5), "new", { attempt: 2 }))).toBe(true);
    expect(segment.record(finished(nodeId(5), "again", { attempt: 2 }))).toBe(false);
    segment.run();
    expect(inputsOf(segment, "store")).toEqual(["new"]);
    expect(segment.unit()?.tokens).toEqual([{ id: nodeId(5), attempt: 2 }]);
  });

  test("that count for nothing leave nothing to write", () => {
    const segment = setup(results(), { state: { open: 1, asked: [row(5, { nodeId: "far", attempt: 2 })] } });
    segment.record(finished(nodeId(5), "old"));
    segment.run();
    expect(segment.unit()).toBeNull();
  });
});

/** A list that is stepped through; each item is stored. */
const steps = draft(
  [node("list", "AgentInput", { name: "list" }), node("each", "StepThroughItems"), node("store", "StoreValue")],
  ["list.result -> each.items", "each.item -> store.input"],
);
const ten = { inputs: { list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, status: "QUEUED" } as const;

describe("a segment", () => {
  test("runs everything inline that follows, in one plan", () => {
    const segment = setup(steps, { state: ten });
    segment.begin("run");
    segment.run();
    expect(inputsOf(segment, "store")).toEqual(ten.inputs.list);
    expect(segment).toMatchObject({ more: false, work: [], ended: { status: "COMPLETED", endReason: "finished" } });
    expect(segment.unit()).toMatchObject({
      kind: "grow",
      version: 4,
      execution: { open: 0, firstRunId: "run", started: 1 },
    });
    expect(eventsOf(segment).slice(0, 4)).toEqual([
      "execution.started",
      "node.queued list",
      "node.started list",
      "node.output list",
    ]);
    expect(eventsOf(segment).at(-1)).toBe("execution.completed");
  });

  test("stops at its bound of nodes and says that there is more", () => {
    const segment = setup(steps, { state: ten, bounds: { nodes: 4 } });
    segment.begin("run");
    segment.run();
    expect(segment).toMatchObject({ more: true, ended: null });
    const rows = written(segment)?.rows.filter((one) => "nodeId" in one && one.nodeId === "store") ?? [];
    const queued = rows.filter(({ status }) => status === "QUEUED");
    expect(rows).toHaveLength(10);
    expect(queued.length).toBeGreaterThan(0);
    expect(segment.unit()?.execution.open).toBeGreaterThanOrEqual(queued.length);
  });

  test("stops at its bound of time", () => {
    let time = 0;
    const segment = setup(steps, { state: ten, bounds: { milliseconds: 5 }, now: () => time++ });
    segment.begin("run");
    segment.run();
    expect(segment).toMatchObject({ more: true, ended: null });
  });

  test("goes on with what an earlier one left", () => {
    const left = [7, 8].map((seq) =>
      row(seq, { nodeId: "store", status: "QUEUED", placement: "inline", attempt: 0, inputs: { input: seq } }),
    );
    const segment = setup(steps, { state: { open: 2, queuedInline: left } });
    segment.run();
    expect(segment).toMatchObject({ more: false, ended: { status: "COMPLETED" } });
    expect(left.map(({ id }) => written(segment)?.of(id))).toMatchObject([
      { status: "COMPLETED", closed: true, from: ["QUEUED"] },
      { status: "COMPLETED", closed: true, from: ["QUEUED"] },
    ]);
  });

  test("says that there is more where it has used up as much as is read at a time", () => {
    const left = [7, 8].map((seq) =>
      row(seq, { nodeId: "store", status: "QUEUED", placement: "inline", attempt: 0, inputs: { input: seq } }),
    );
    const segment = setup(steps, { state: { open: 3, queuedInline: left }, bounds: { nodes: 2 } });
    segment.run();
    expect(segment).toMatchObject({ more: true, ended: null });
  });

  test("gives inline nodes whose inputs are too large to an activity", () => {
    const segment = setup(steps, {
      state: { ...ten, inputs: { list: ["small", "x".repeat(2_000)] } },
      bounds: { inputBytes: 1_500 },
    });
    segment.begin("run");
    segment.run();
    // The list is the value of `list` already, so that is the first that does not fit.
    expect(segment.work).toEqual([
      expect.objectContaining({ kind: "remote", block: "AgentInput", label: "AgentInput" }),
    ]);
    const fits = setup(steps, { state: { ...ten, inputs: { list: ["small"] } }, bounds: { inputBytes: 1_500 } });
    fits.begin("run");
    fits.run();
    expect(fits.work).toEqual([]);
  });

  test("fails a node that emits a value over the limit, and keeps nothing of it", () => {
    const graph = draft([node("store", "StoreValue", { input: "x".repeat(500) })], []);
    const segment = setup(graph, { state: { status: "QUEUED" }, bounds: { valueBytes: 400 } });
    segment.begin("run");
    segment.run();
    expect(segment.ended).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    const { outputs, inserts } = segment.unit() ?? {};
    expect(inserts).toMatchObject([{ status: "FAILED", error: { code: "value_too_large" } }]);
    expect(outputs).toMatchObject([{ pin: "error", value: expect.stringContaining("502 characters") }]);
  });

  test.each([3_000, 6_000, 12_000])("keeps nothing that is nested too deep to be written: %i levels", (levels) => {
    const items_str = `[${"[".repeat(levels)}${"]".repeat(levels)}]`;
    const graph = draft([node("step", "StepThroughItems", { items_str })], []);
    const bounds = { inputBytes: 100_000, valueBytes: 1_000_000 };
    const segment = setup(graph, { state: { status: "QUEUED" }, bounds });
    segment.begin("run");
    segment.run();
    const { inserts, outputs } = segment.unit() ?? {};
    expect(inserts).toMatchObject([{ status: expect.stringMatching(/COMPLETED|FAILED/) }]);
    expect(() => JSON.stringify(outputs)).not.toThrow();
  });

  test("leaves values that are large out of the events", () => {
    const segment = setup(draft([node("store", "StoreValue", { input: "x".repeat(5_000) })], []), {
      state: { status: "QUEUED" },
      bounds: { inputBytes: 10_000 },
    });
    segment.begin("run");
    segment.run();
    const output = segment.unit()?.events.find(({ type }) => type === "node.output");
    expect(output?.data).toEqual({ nodeId: "store", pin: "output", bytes: 5_002 });
    expect(segment.unit()?.outputs).toMatchObject([{ value: "x".repeat(5_000) }]);
  });

  test("settles what was never fed at the end, with the pins that are missing", () => {
    const graph = draft(
      [farNode("a"), farNode("b"), node("both", "AddToList")],
      ["a.out -> both.list", "b.out -> both.entry", "b.out -> both.position"],
    );
    const unfed = { id: nodeId(3), nodeId: "both", inputs: { list: [1] } };
    const segment = setup(graph, { state: { open: 1, asked: [row(5, { nodeId: "b" })], unfed: [unfed] } });
    segment.record(finished(nodeId(5), "x", { emissions: [] }));
    segment.run();
    expect(segment.ended).toMatchObject({ status: "COMPLETED", endReason: "finished" });
    expect(written(segment)?.of(nodeId(3))).toMatchObject({
      status: "TERMINATED",
      endReason: "unfed",
      missingPins: ["entry", "position"],
      closed: true,
      from: ["INCOMPLETE"],
    });
  });

  test("keeps what is fed in part for a later step, and writes it only if it has changed", () => {
    const graph = draft(
      [farNode("a"), farNode("b"), node("both", "AddToList")],
      ["a.out -> both.list", "b.out -> both.entry"],
    );
    const unfed = { id: nodeId(3), nodeId: "both", inputs: { list: [1] } };
    const segment = setup(graph, { state: { open: 2, asked: [row(5, { nodeId: "a" })], unfed: [unfed] } });
    segment.record(finished(nodeId(5), [2]));
    segment.run();
    const { rows = [], of } = written(segment) ?? {};
    expect(of?.(nodeId(3))).toBeUndefined();
    expect(rows.filter(({ status }) => status === "INCOMPLETE")).toMatchObject([
      { inputs: { list: [2] }, nodeId: "both" },
    ]);
    expect(segment.ended).toBeNull();
  });

  test("under a self fence keeps results, and nothing follows from them", () => {
    const stopId = "00000000-0000-7000-8000-0000000000f1" as never;
    const segment = setup(results(), {
      state: { open: 1, asked: [row(5, { nodeId: "far" })], fence: { scope: "self", stopId, executionId } },
    });
    segment.record(finished(nodeId(5), "kept"));
    segment.run();
    expect(segment.unit()).toMatchObject({
      kind: "settle",
      inserts: [],
      outputs: [{ value: "kept" }],
      execution: { open: -1 },
    });
    expect(segment.ended).toBeNull(); // the stop ends it
  });
});

describe("a failure", () => {
  const failure = {
    status: "FAILED",
    endReason: "node_failed",
    emissions: [],
    error: { code: "odd", message: "it was odd" },
  } as const;

  test("that nobody handles makes the execution fail at its end, and names the node", () => {
    const segment = setup(results({ label: "Far away" }), { state: { open: 1, asked: [row(5, { nodeId: "far" })] } });
    segment.record(finished(nodeId(5), null, failure));
    segment.run();
    expect(segment.ended).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    expect(segment.unit()?.execution).toMatchObject({
      failed: 1,
      unhandled: 1,
      error: { code: "node_failed", message: expect.stringContaining('"Far away"'), nodes: ["far"] },
    });
  });

  test("that its error pin carries on is handled", () => {
    const graph = draft([farNode("far"), node("store", "StoreValue")], ["far.error -> store.input"]);
    const segment = setup(graph, { state: { open: 1, asked: [row(5, { nodeId: "far" })] } });
    segment.record(finished(nodeId(5), null, failure));
    segment.run();
    expect(inputsOf(segment, "store")).toEqual(["it was odd"]);
    expect(segment.ended).toMatchObject({ status: "COMPLETED" });
    expect(segment.unit()?.execution).toMatchObject({ failed: 1, unhandled: 0 });
  });

  test("of an inline node is recorded in the segment that ran it, with what it had emitted before", () => {
    const graph = draft(
      [node("bad", "RemoveFromDictionary", { dictionary: {}, key: "k" }), node("store", "StoreValue")],
      ["bad.error -> store.input"],
    );
    const segment = setup(graph, { state: { status: "QUEUED" } });
    segment.begin("run");
    segment.run();
    expect(eventsOf(segment)).toContain("node.failed bad");
    expect(inputsOf(segment, "store")).toHaveLength(1);
    expect(segment.ended).toMatchObject({ status: "COMPLETED" });
  });

  test("of a node that Temporal gave up is told as lost, unless the record has its end", () => {
    const live = setup(results(), { state: { open: 1, asked: [row(5, { nodeId: "far" })] } });
    const lost = { kind: "lost", id: nodeId(5), endReason: "timed_out", message: "too late" } as const;
    expect(live.record(lost)).toBe(true);
    live.run();
    expect(written(live)?.of(nodeId(5))).toMatchObject({
      status: "FAILED",
      endReason: "timed_out",
      error: { code: "timed_out" },
    });
    const over = setup(results(), { state: { open: 1, asked: [ended(5, "far", "in time")] } });
    expect(over.record(lost)).toBe(false);
    over.run();
    expect(inputsOf(over, "store")).toEqual(["in time"]);
  });
});

describe("run-on", () => {
  const chain = draft([farNode("a"), farNode("b"), farNode("c")], ["a.out -> b.in"]);
  const fork = draft([farNode("a"), farNode("b"), farNode("c")], ["a.out -> b.in", "a.out -> c.in"]);

  function ranBy(state: Partial<State> = {}) {
    const segment = setup(chain, { state: { open: 1, asked: [row(5, { nodeId: "a" })], ...state } });
    segment.record(finished(nodeId(5), 1));
    segment.run();
    return segment;
  }

  test("starts the one remote node that follows in the same step", () => {
    const segment = ranBy();
    const next = segment.follower as RemoteWork;
    expect(next).toMatchObject({ kind: "remote", block: "Far" });
    expect(segment.host(next, nodeId(5))).toMatchObject({ id: next.id, attempt: 1, nodeId: "b", inputs: { in: 1 } });
    const unit = segment.unit();
    expect(unit?.inserts).toMatchObject([{ nodeId: "b", status: "RUNNING", hostId: nodeId(5) }]);
    expect(unit?.events.map(({ type }) => type).slice(-2)).toEqual(["node.queued", "node.started"]);
  });

  test("leaves it queued until it is taken", () => {
    const segment = ranBy();
    expect(segment.follower).not.toBeNull();
    const [row] = segment.unit()?.inserts ?? [];
    expect(row).toMatchObject({ nodeId: "b", status: "QUEUED" });
    expect(row?.hostId).toBeUndefined();
  });

  test.each([
    [
      "in a tree with a budget, of which a start reserves",
      { tree: { executions: 1, nodeExecutions: 1, charge: 0, budget: 100, reserved: 0 } },
    ],
    ["in a rerun, which may take it over", { isRerun: true }],
  ])("leaves its start to a step of its own %s", (_where, state) => {
    const segment = ranBy(state);
    expect(segment.host(segment.follower as RemoteWork, nodeId(5))).toBeNull();
    expect(segment.unit()?.inserts).toMatchObject([{ nodeId: "b", status: "QUEUED", hostId: nodeId(5) }]);
  });

  test("is not offered where two follow, or none", () => {
    const two = setup(fork, { state: { open: 1, asked: [row(5, { nodeId: "a" })] } });
    two.record(finished(nodeId(5), 1));
    two.run();
    expect(two.follower).toBeNull();
    expect(two.work).toHaveLength(2);
    const none = setup(chain, { state: { open: 1, asked: [row(5, { nodeId: "c" })] } });
    none.record(finished(nodeId(5), 1));
    none.run();
    expect(none.follower).toBeNull();
  });
});

describe("a timer", () => {
  const timer = draft(
    [node("t", "CountdownTimer", { seconds: 60, repeat: 2 }), node("store", "StoreValue")],
    ["t.output_message -> store.input"],
  );
  const waiting = (changes: { wakesLeft: number; wakeInMs: number }) =>
    row(5, { nodeId: "t", status: "WAITING", placement: "wait", inputs: { seconds: 60, repeat: 2 }, ...changes });
  const woken = { kind: "woken", id: nodeId(5) } as const;

  test("waits without a worker from the step that makes it ready", () => {
    const segment = setup(timer, { state: { status: "QUEUED" } });
    segment.begin("run");
    segment.run();
    expect(segment.work).toMatchObject([{ kind: "wait", delayMs: 60_000 }]);
    expect(segment.unit()).toMatchObject({
      inserts: [{ status: "WAITING", wakeInMs: 60_000, wakesLeft: 2 }],
      execution: { status: "WAITING", open: 1, waiting: 1 },
    });
  });

  test("waits too where it was fed by two steps", () => {
    const graph = draft(
      [farNode("a"), farNode("b"), node("t", "CountdownTimer", { seconds: 60 })],
      ["a.out -> t.repeat", "b.out -> t.input_message"],
    );
    const unfed = { id: nodeId(3), nodeId: "t", inputs: { repeat: 1 } };
    const segment = setup(graph, { state: { open: 1, undelivered: [ended(5, "b", "x")], unfed: [unfed] } });
    segment.run();
    expect(written(segment)?.of(nodeId(3))).toMatchObject({
      status: "WAITING",
      from: ["INCOMPLETE"],
      wakeInMs: 60_000,
    });
  });

  test("emits each time it fires, and ends with the last", () => {
    const first = setup(timer, {
      state: { open: 1, waiting: 1, status: "WAITING", asked: [waiting({ wakesLeft: 2, wakeInMs: 0 })] },
    });
    expect(first.record(woken)).toBe(true);
    first.run();
    expect(inputsOf(first, "store")).toEqual(["timer finished"]);
    expect(first.work).toMatchObject([{ kind: "wait", delayMs: 60_000 }]);
    expect(written(first)?.of(nodeId(5))).toMatchObject({ wakesLeft: 1, wakeInMs: 60_000, closed: false });
    const last = setup(timer, {
      state: { open: 1, waiting: 1, status: "WAITING", asked: [waiting({ wakesLeft: 1, wakeInMs: -5 })] },
    });
    last.record(woken);
    last.run();
    expect(last.ended).toMatchObject({ status: "COMPLETED" });
    expect(last.unit()?.execution).toMatchObject({ open: -1, waiting: -1 });
  });

  test("that Postgres' clock does not find due goes on waiting", () => {
    const early = setup(timer, {
      state: { open: 1, waiting: 1, status: "WAITING", asked: [waiting({ wakesLeft: 2, wakeInMs: 40 })] },
    });
    expect(early.record(woken)).toBe(false);
    early.run();
    expect(early.work).toMatchObject([{ kind: "wait", delayMs: 40 }]);
    expect(early.unit()).toBeNull();
  });
});
