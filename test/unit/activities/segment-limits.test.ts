import fc from "fast-check";
import type { GraphDraft } from "../../../graph/definition";
import { draft, node } from "../graph/fixtures";
import { openSegment, row, type Setup } from "./segment-fixture";

/** Steps through its list; every item goes to two nodes, one of which needs a second value that comes for the odd ones only. */
const graph = draft(
  [
    node("list", "AgentInput", { name: "list" }),
    node("odd", "AgentInput", { name: "odd" }),
    node("each", "StepThroughItems"),
    node("other", "StepThroughItems"),
    node("store", "StoreValue"),
    node("sum", "Calculator", { operation: "Add" }),
  ],
  [
    "list.result -> each.items",
    "odd.result -> other.items",
    "each.item -> store.input",
    "each.item -> sum.a",
    "other.item -> sum.b",
  ],
);

const endless: GraphDraft = draft(
  [node("x", "AgentInput", { name: "x" }), node("a", "Calculator", { operation: "Add", b: 1 })],
  ["x.result -> a.a", "a.result -> a.a"],
);

function run(given: GraphDraft, setup: Setup) {
  const segment = openSegment(given, { ...setup, state: { status: "QUEUED", ...setup.state } });
  segment.begin("run");
  segment.run();
  const unit = segment.unit();
  const rows = unit?.inserts ?? [];
  const runs = new Map<string, number>();
  for (const { nodeId, status } of rows)
    if (status !== "INCOMPLETE" && status !== "TERMINATED") runs.set(nodeId, (runs.get(nodeId) ?? 0) + 1);
  return { segment, unit, rows: rows.length, most: Math.max(0, ...runs.values()) };
}

const limits = fc.record({
  iterations: fc.integer({ min: 1, max: 9 }),
  nodeExecutions: fc.integer({ min: 1, max: 40 }),
});

test("whatever is limited, a segment writes as much as fits, and stops exactly where it would go on without the limit", () => {
  fc.assert(
    fc.property(limits, fc.nat(12), fc.nat(6), fc.nat(5), (limited, many, odd, before) => {
      const items = (count: number) => Array.from({ length: count }, (_, item) => item);
      const inputs = { list: items(many), odd: items(odd) };
      const free = run(graph, { state: { inputs } });
      const tree = { executions: 1, nodeExecutions: before, charge: 0, budget: null, reserved: 0 };
      const bound = run(graph, { state: { inputs, limits: limited, tree } });
      const exceeds = free.rows + before > limited.nodeExecutions || free.most > limited.iterations;
      expect(bound.segment.isStopped).toBe(exceeds);
      const { stop } = bound.unit ?? {};
      expect(stop?.cause === "limit" ? stop.error.limit : undefined).toEqual(
        exceeds ? expect.stringMatching(/^(iterations|nodeExecutions)$/) : undefined,
      );
      expect(bound.rows + before).toBeLessThanOrEqual(Math.max(before, limited.nodeExecutions));
      expect(bound.most).toBeLessThanOrEqual(limited.iterations);
      if (!exceeds) expect(bound.rows).toBe(free.rows);
    }),
    { numRuns: 200 },
  );
});

test("an endless loop fills the limit to the last one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), (iterations) => {
      expect(run(endless, { state: { inputs: { x: 0 }, limits: { iterations } } })).toMatchObject({
        rows: iterations + 1,
        most: iterations,
        unit: { stop: { cause: "limit", exceeded: { limit: "iterations", max: iterations, nodeId: "a" } } },
      });
    }),
    { numRuns: 30 },
  );
});

test("where a node's count may be near its limit and was not read, the plan is made again on a state that knows", () => {
  const outputs = [{ pin: "result", value: 3 }];
  const fed = row(4, { nodeId: "a", status: "COMPLETED", endReason: "finished", placement: "inline", outputs });
  const state = { status: "RUNNING", open: 1, nodeExecutions: 4, limits: { iterations: 5 } } as const;
  const loop = (iterations: Record<string, number> | null) => {
    const segment = openSegment(endless, { state: { ...state, inputs: {}, iterations, undelivered: [fed] } });
    segment.run();
    return segment;
  };
  expect(loop(null)).toMatchObject({ isUnsure: true });
  expect(loop({ a: 3, x: 1 })).toMatchObject({ isUnsure: false, isStopped: true });
});
