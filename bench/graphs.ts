import { setTimeout } from "node:timers/promises";
import { agentExecutor, agentInputs, agentOutput } from "../blocks/agent/definition";
import { calculator } from "../blocks/arithmetic/definition";
import type { RemoteBlock, StreamBlock } from "../blocks/block";
import { condition, stepThroughItems } from "../blocks/flow/definition";
import { readNumber } from "../blocks/inputs";
import { define, emitted, number, pins, required } from "../blocks/pins";
import type { GraphDraft, GraphLink, GraphNode } from "../graph/definition";
import type { Holds } from "./holds";
import { addend, addLater, type Tree, type Workload } from "./workload";

/** The remote node of the bench; the worker and the API are given it beyond the built-in blocks. */
export const addRemotely: RemoteBlock = {
  definition: define({
    id: "0d3b9c4e-2f57-4c0a-9b52-6f2f6f0a7a11",
    name: "BenchAddRemotely",
    description: "Adds 1 after something asynchronous.",
    placement: "remote",
    inputSchema: pins({ a: required(number, "The number.") }),
    outputSchema: pins({ result: emitted(number, "One more.") }),
  }),
  run: async (inputs) => [{ pin: "result", value: await addLater(Number(readNumber(inputs, "a"))) }],
};

/** Emits every 50 ms, each time in a step of its own, when those who follow have had four seconds to come. */
export const tickRemotely: StreamBlock = {
  definition: define({
    id: "8f0c1f6b-7f0e-4f56-8a53-3b1f0d0c5e21",
    name: "BenchTickRemotely",
    description: "Emits so many times, every 50 ms.",
    placement: "remote",
    inputSchema: pins({ ticks: required(number, "How often.") }),
    outputSchema: pins({ tick: emitted(number, "The how many-th.") }),
  }),
  async *stream(inputs, { signal }) {
    const ticks = Number(readNumber(inputs, "ticks"));
    for (let value = 1; value <= ticks; value++) {
      await setTimeout(value === 1 ? 4_000 : 50, undefined, { signal });
      yield { pin: "tick", value };
    }
  },
};

const holdId = "5b0f3f0e-6a43-4a52-8a55-0f5f36a1b7c2";

/** The node in each leaf of a tree that is to be stopped. */
export function holdBlock(holds: Holds): RemoteBlock {
  return {
    definition: define({
      id: holdId,
      name: "BenchHold",
      description: "Runs until it is aborted.",
      placement: "remote",
      inputSchema: pins({}),
      outputSchema: pins({}),
    }),
    run: (_inputs, { signal }) => holds.hold(signal),
  };
}

/** The graph of a tree that is to be stopped. */
export function treeOf({ children, leaves }: Tree): GraphDraft {
  const item = node("item", agentInputs.number.id, { name: "item" });
  const leaf = { id: "leaf", name: "leaf", nodes: [item, node("hold", holdId)], links: [] };
  const child = fan("child", leaves, "leaf");
  const subGraphs = [{ ...child, id: "child", nodes: [item, ...child.nodes] }, leaf];
  return { ...fan(`a tree of 1+${children}+${children * leaves}`, children, "child"), subGraphs };
}

/** A graph whose one node emits `ticks` times, each of which feeds an output. */
export function tickingOf(ticks: number): GraphDraft {
  return {
    name: `${ticks} ticks`,
    nodes: [node("ticker", tickRemotely.definition.id, { ticks }), node("out", agentOutput.id, { name: "tick" })],
    links: [wire("ticker", "tick", "out", "value")],
  };
}

/** A nested graph for each of `count` items. */
function fan(name: string, count: number, graphId: string): GraphDraft {
  const items = Array.from({ length: count }, (_, index) => index);
  return {
    name,
    nodes: [
      node("each", stepThroughItems.id, { items }),
      node("nested", agentExecutor.id, { graphId, graphVersion: 1 }),
    ],
    links: [wire("each", "item", "nested", "item")],
  };
}

/** The graph that does a workload on Treeline. It takes `value` and gives `result`. */
export function graphOf(workload: Workload): GraphDraft {
  switch (workload.kind) {
    case "chain":
      return chain(workload.nodes, (id) => node(id, calculator.id, { operation: "Add", b: addend }));
    case "remote chain":
      return chain(workload.nodes, (id) => node(id, addRemotely.definition.id));
    case "loop":
      return loop(workload.nodes);
    case "nested":
      return nested(workload.graphs);
    case "map":
      return mapOver(workload.items, workload.together);
  }
}

function chain(length: number, link: (id: string) => GraphNode): GraphDraft {
  const middle = Array.from({ length }, (_, index) => link(`n${index + 1}`));
  const ends = [...middle.map(({ id }) => id), "output"];
  return {
    name: `${length} in a row`,
    nodes: [
      node("input", agentInputs.number.id, { name: "value" }),
      ...middle,
      node("output", agentOutput.id, { name: "result" }),
    ],
    links: ends.map((sink, index) =>
      wire(index === 0 ? "input" : `n${index}`, "result", sink, sink === "output" ? "value" : "a"),
    ),
  };
}

function loop(iterations: number): GraphDraft {
  return {
    name: `a loop of ${iterations}`,
    nodes: [
      node("input", agentInputs.number.id, { name: "value" }),
      node("add", calculator.id, { operation: "Add", b: addend }),
      node("again", condition.id, { operator: "<", value2: iterations }),
      node("output", agentOutput.id, { name: "result" }),
    ],
    links: [
      wire("input", "result", "add", "a"),
      wire("add", "result", "again", "value1"),
      wire("again", "yes_output", "add", "a"),
      wire("again", "no_output", "output", "value"),
    ],
  };
}

function nested(graphs: number): GraphDraft {
  const items = Array.from({ length: graphs }, (_, index) => index);
  return {
    name: `${graphs} nested graphs`,
    nodes: [
      node("each", stepThroughItems.id, { items }),
      node("nested", agentExecutor.id, { graphId: "inner", graphVersion: 1 }),
      node("output", agentOutput.id, { name: "result" }),
    ],
    links: [wire("each", "item", "nested", "value"), wire("nested", "result", "output", "value")],
    subGraphs: [{ ...graphOf({ kind: "chain", nodes: 1 }), id: "inner" }],
  };
}

function mapOver(items: number, concurrency: number): GraphDraft {
  const list = Array.from({ length: items }, (_, index) => index);
  const constants = { graphId: "inner", graphVersion: 1, inputs: { value: list } };
  return {
    name: `a map of ${items}`,
    nodes: [
      { ...node("map", agentExecutor.id, constants), map: { pin: "value", concurrency } },
      node("output", agentOutput.id, { name: "result" }),
    ],
    links: [wire("map", "result", "output", "value")],
    subGraphs: [{ ...graphOf({ kind: "chain", nodes: 1 }), id: "inner" }],
  };
}

function node(id: string, blockId: string, constants: GraphNode["constants"] = {}): GraphNode {
  return { id, blockId, constants };
}

function wire(sourceId: string, sourceName: string, sinkId: string, sinkName: string): GraphLink {
  return { sourceId, sourceName, sinkId, sinkName, isStatic: false };
}
