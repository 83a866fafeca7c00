import fc from "fast-check";
import type { BlockDefinition } from "../../../graph/block";
import { compileGraph } from "../../../graph/compile";
import type { CompiledGraph } from "../../../graph/compile";
import type { Emission, GraphLink, GraphNode } from "../../../graph/definition";
import { isObject } from "../../../graph/json";
import type { JsonObject, PinSchema } from "../../../graph/json";
import type { Run } from "./interpret";

const pins = (...names: string[]): PinSchema => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, {}])),
  required: [],
});

const block: BlockDefinition = {
  id: "block",
  name: "Block",
  description: "",
  placement: "inline",
  role: "standard",
  staticOutput: false,
  errorPin: false,
  inputSchema: pins("a", "b", "c"),
  outputSchema: pins("out", "error"),
  cost: [],
};

export type RandomGraph = {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** How many values each node emits on each pin in each run. */
  readonly fanOut: ReadonlyMap<string, number>;
};

type Wanted = {
  readonly isStatic: fc.Arbitrary<boolean>;
  /** Whether several links may feed one pin. */
  readonly merges: boolean;
};

/** Graphs of up to 6 nodes in any shape, loops and merges included; each has a node that starts. */
export function randomGraphs({ isStatic, merges }: Wanted): fc.Arbitrary<RandomGraph> {
  const ids = ["first", "2", "1", "__proto__", "e", "f"];
  const selector = (link: GraphLink) =>
    merges
      ? JSON.stringify([link.sourceId, link.sourceName, link.sinkId, link.sinkName])
      : `${link.sinkId}.${link.sinkName}`;
  const links = fc.uniqueArray(
    fc.record<GraphLink>({
      sourceId: fc.constantFrom(...ids),
      sourceName: fc.constantFrom("out", "error"),
      sinkId: fc.constantFrom(...ids.slice(1)),
      sinkName: fc.constantFrom("a", "b", "c_#_k", "c_#_l"),
      isStatic,
    }),
    { selector, minLength: 1, maxLength: 12 },
  );
  const constants = fc.dictionary(fc.constantFrom("a", "b"), fc.constant("constant"));
  return fc
    .record({ links, constants: fc.tuple(...ids.map(() => constants)), fanOut: fc.tuple(...ids.map(() => fc.nat(2))) })
    .map((made): RandomGraph => ({
      nodes: ids.map((id, i) => ({ id, blockId: block.id, constants: made.constants[i] ?? {} })),
      links: made.links,
      fanOut: new Map(ids.map((id, i) => [id, made.fanOut[i] ?? 0])),
    }));
}

export function compiled({ nodes, links }: RandomGraph): CompiledGraph {
  return compileGraph({ nodes, links, settings: {}, nested: {} }, new Map([[block.id, block]]));
}

/** Values say who made them and are never the same twice. From the `most`th run on a node emits nothing, so that loops end. */
export function runsOf({ fanOut }: RandomGraph, most: number): (nodeId: string) => Run {
  const runs = new Map<string, number>();
  return (nodeId) => () => {
    const run = (runs.get(nodeId) ?? 0) + 1;
    runs.set(nodeId, run);
    if (run > most) return [];
    return Array.from({ length: fanOut.get(nodeId) ?? 0 }, (_, i) => i).flatMap((i): Emission[] => [
      { pin: "out", value: `${nodeId} out ${run}.${i}` },
      { pin: "error", value: `${nodeId} error ${run}.${i}` },
    ]);
  };
}

/** What it emits depends on its inputs alone. Loops end because values carry how many nodes they came through. */
export function pureRunsOf({ fanOut }: RandomGraph, mostDepth: number): (nodeId: string) => Run {
  return (nodeId) => (inputs) => {
    const depth = 1 + Math.max(0, ...depthsIn(inputs));
    if (depth > mostDepth) return [];
    const came = hash(JSON.stringify(inputs));
    return Array.from({ length: fanOut.get(nodeId) ?? 0 }, (_, i) => i).flatMap((i): Emission[] => [
      { pin: "out", value: { depth, from: `${nodeId} out ${i} ${came}` } },
      { pin: "error", value: { depth, from: `${nodeId} error ${i} ${came}` } },
    ]);
  };
}

function depthsIn(inputs: JsonObject): number[] {
  return Object.values(inputs).flatMap((value) =>
    isObject(value) && typeof value.depth === "number" ? [value.depth] : [],
  );
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
}
