import type { Segment } from "../../../activities/segment";
import type { GraphDraft } from "../../../graph/definition";
import { parseExecutionId } from "../../../graph/ids";
import { draft, node } from "../graph/fixtures";
import { eventsOf, farNode, head, nodeId, openSegment, row, written, type Setup } from "./segment-fixture";

const inner: GraphDraft = {
  id: "inner",
  ...draft([node("x", "AgentInput", { name: "x" }), node("y", "AgentOutput", { name: "y" })], ["x.result -> y.value"]),
};

/** Runs a nested graph for each item of its list. */
const outer = draft(
  [
    node("list", "AgentInput", { name: "list" }),
    node("each", "StepThroughItems"),
    node("run", "AgentExecutor", { graphId: "inner" }),
    node("store", "StoreValue"),
  ],
  ["list.result -> each.items", "each.item -> run.x", "run.y -> store.input"],
  { subGraphs: [inner] },
);

function setup(list: number[], changes: Setup = {}): Segment {
  const segment = openSegment(outer, { ...changes, state: { status: "QUEUED", inputs: { list }, ...changes.state } });
  segment.begin("run");
  segment.run();
  return segment;
}

describe("a nested graph", () => {
  test("is admitted in the step that makes it ready, with its inputs", () => {
    const segment = setup([1, 2]);
    expect(segment.unit()?.children).toMatchObject([{ inputs: { x: 1 } }, { inputs: { x: 2 } }]);
    expect(segment.work).toMatchObject([
      { kind: "child", executionId: segment.unit()?.children[0]?.id, rootId: head.rootId },
      { kind: "child" },
    ]);
    expect(eventsOf(segment).filter((event) => /^(child|execution)/.test(event))).toEqual([
      "execution.started",
      "child.started run",
      "execution.queued",
      "child.started run",
      "execution.queued",
    ]);
    expect(segment.unit()?.execution).toMatchObject({ open: 2, status: "RUNNING" });
  });

  test("waits for room in the window of its execution", () => {
    const segment = setup([1, 2, 3], { bounds: { children: 3 }, state: { runningChildren: 2 } });
    expect(segment.work).toHaveLength(1);
    const waiting = written(segment)?.rows.filter(({ status }) => status === "QUEUED");
    expect(waiting).toMatchObject([{ placement: "child" }, { placement: "child" }]);
    expect(segment.more).toBe(false); // the end of another one makes room
  });

  test("is refused where it would pass the limit of depth", () => {
    const segment = setup([1], { state: { depth: 2, lineageDepth: 2, limits: { depth: 2 } } });
    expect(segment.unit()).toMatchObject({ children: [] });
    const [failed] = written(segment)?.rows.filter(({ status }) => status === "FAILED") ?? [];
    expect(failed).toMatchObject({
      endReason: "limit_exceeded",
      error: { code: "limit_exceeded", message: expect.stringContaining("depth") },
      closed: true,
    });
    expect(segment.ended).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    expect(setup([1], { state: { depth: 1, lineageDepth: 1, limits: { depth: 2 } } }).unit()?.children).toHaveLength(1);
  });

  test("is refused where its execution has started as many as it may", () => {
    const segment = setup([1, 2, 3], { state: { childExecutions: 1, limits: { children: 2 } } });
    expect(segment.unit()?.children).toHaveLength(1);
    expect(written(segment)?.rows.filter(({ endReason }) => endReason === "limit_exceeded")).toHaveLength(2);
  });

  test("that the record has kept waiting is closed if it is refused", () => {
    const queued = row(5, { nodeId: "run", status: "QUEUED", placement: "child", attempt: 0, inputs: { x: 1 } });
    const segment = openSegment(outer, {
      state: { open: 1, childExecutions: 2, limits: { children: 2 }, queuedChildren: [queued] },
    });
    segment.run();
    expect(written(segment)?.of(nodeId(5))).toMatchObject({ status: "FAILED", closed: true });
    expect(segment.ended).toMatchObject({ status: "FAILED" });
  });
});

describe("an execution that is a nested graph", () => {
  const parentId = parseExecutionId("00000000-0000-7000-8000-0000000000d1");
  const child = { parentId, ancestors: [parentId], rootId: parentId, depth: 1, parentNodeExecutionId: nodeId(77) };
  const graph = draft([farNode("far"), node("y", "AgentOutput", { name: "y" })], ["far.out -> y.value"]);
  const endOf = (status: "COMPLETED" | "FAILED", emissions: { pin: string; value: string }[]) => ({
    kind: "finished" as const,
    id: nodeId(5),
    attempt: 1,
    status,
    endReason: status === "COMPLETED" ? ("finished" as const) : ("node_failed" as const),
    emissions,
    error: status === "COMPLETED" ? null : { code: "odd", message: "it was odd" },
  });

  test("gives its outputs to the parent's node as they come, and pokes the parent", () => {
    const segment = openSegment(graph, {
      state: { ...child, open: 2, asked: [row(5, { nodeId: "far" })] },
    });
    segment.record(endOf("COMPLETED", [{ pin: "out", value: "early" }]));
    segment.run();
    expect(segment.unit()).toMatchObject({
      relay: { id: nodeId(77), outputs: [{ pin: "y", value: "early" }], end: undefined },
      pokes: [parentId],
    });
  });

  test("tells its end in the same step", () => {
    const segment = openSegment(graph, { state: { ...child, open: 1, asked: [row(5, { nodeId: "far" })] } });
    segment.record(endOf("COMPLETED", [{ pin: "out", value: "last" }]));
    segment.run();
    const { relay, pokes, events } = segment.unit() ?? {};
    expect(relay).toMatchObject({
      outputs: [{ pin: "y", value: "last" }],
      end: { status: "COMPLETED", endReason: "finished" },
    });
    expect(pokes).toEqual([]);
    expect(events?.at((relay?.end?.ended ?? 0) - 1)).toMatchObject({ type: "node.completed", executionId: parentId });
  });

  test("that fails gives its error to the parent's node, unless it has an output of that name", () => {
    const state = { ...child, open: 1, asked: [row(5, { nodeId: "far" })] };
    const segment = openSegment(graph, { state });
    segment.record(endOf("FAILED", []));
    segment.run();
    expect(segment.unit()?.relay).toMatchObject({
      outputs: [{ pin: "error", value: expect.stringContaining('"far"') }],
      end: { status: "FAILED", error: { code: "node_failed", childExecutionId: head.id } },
    });
    const named = draft([farNode("far"), node("y", "AgentOutput", { name: "error" })], ["far.out -> y.value"]);
    const own = openSegment(named, { state });
    own.record(endOf("FAILED", []));
    own.run();
    expect(own.unit()?.relay).toMatchObject({ outputs: [], end: { status: "FAILED" } });
  });
});
