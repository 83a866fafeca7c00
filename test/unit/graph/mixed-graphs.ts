import fc from "fast-check";
import type { Emission, GraphLink, GraphNode, Masks } from "../../../graph/definition";
import { isObject } from "../../../graph/json";
import type { Json, JsonObject } from "../../../graph/json";
import type { PlainGraph } from "./plain";

const ids = ["first", "b", "c", "d", "e"];
const sources = ["out", "list", "list_$_0", "list_$_1", "list_$_2_#_k", "map", "map_#_k", "map_@_l_$_1", "map_#_gone"];
const sinks = ["a", "b", "l", "l_$_0", "l_$_2", "o", "o_#_k", "o_@_k_$_1", "a_#_x"];
const mixPins = { any: ["a", "b"], lists: ["l"], objects: ["o"] } as const;

const values = fc.constantFrom<Json>("text", null, ["item"], { k: "in" });
const someInputs = (pins: readonly string[]) => fc.dictionary(fc.constantFrom(...pins), values, { maxKeys: 2 });

/** Of each node few pins are linked, or hardly one would ever have them all. */
const linkedPins = fc.tuple(
  ...ids.map(() => fc.uniqueArray(fc.constantFrom(...sinks), { minLength: 1, maxLength: 2 })),
);

type Drawn = {
  readonly from: number;
  readonly to: number;
  readonly output: string;
  readonly pin: number;
  readonly isStatic: boolean;
};

/** Node 0 has no inbound link, so something starts; the first links lead away from it. */
function linkOf(
  { from, to, output, pin, isStatic }: Drawn,
  i: number,
  pinsOf: readonly (readonly string[])[],
): GraphLink {
  const pins = pinsOf[to] ?? [];
  const sourceId = ids[i < 2 ? 0 : from] ?? "";
  return { sourceId, sourceName: output, sinkId: ids[to] ?? "", sinkName: pins[pin % pins.length] ?? "a", isStatic };
}

/** Graphs of 5 nodes in any shape: loops, merges, static links, selectors, builders, constants and masks. */
export const mixedGraphs: fc.Arbitrary<PlainGraph> = fc
  .record({
    linkedPins,
    drawn: fc.array(
      fc.record<Drawn>({
        from: fc.nat(ids.length - 1),
        to: fc.integer({ min: 1, max: ids.length - 1 }),
        output: fc.constantFrom(...sources),
        pin: fc.nat(1),
        isStatic: fc.boolean(),
      }),
      { minLength: 4, maxLength: 12 },
    ),
    constants: fc.tuple(...ids.map(() => someInputs(sinks))),
    masks: fc.dictionary(fc.constantFrom(...ids), someInputs(sinks), { maxKeys: 1 }) as fc.Arbitrary<Masks>,
  })
  .map(({ drawn, linkedPins: pinsOf, constants, masks }) => {
    const links = drawn.map((one, i) => linkOf(one, i, pinsOf));
    const once = new Map(links.map((link) => [JSON.stringify({ ...link, isStatic: true }), link]));
    return {
      nodes: ids.map((id, i) => nodeOf(id, constants[i] ?? {})),
      links: [...once.values()],
      masks,
      ...mixPins,
    };
  });

/** Its `id` is a constant too, so that its block knows which node it runs. */
function nodeOf(id: string, constants: JsonObject): GraphNode {
  return { id, blockId: "", constants: { ...constants, id } };
}

/** What a node emits says what it ran on, and how many nodes its values came through: beyond that many it emits nothing. */
export function mix(inputs: JsonObject, mostDepth = 4): Emission[] {
  const leaves = leavesOf(inputs);
  const depth = 1 + Math.max(0, ...leaves.map((leaf) => Number.parseInt(leaf, 10) || 0));
  if (depth > mostDepth) return [];
  const leaf = (pin: string) => `${depth} ${String(inputs["id"])} ${pin} ${hash(leaves.toSorted().join())}`;
  return [
    { pin: "out", value: leaf("out") },
    { pin: "list", value: [leaf("list"), null, { k: leaf("k") }] },
    { pin: "map", value: { k: leaf("map"), l: [null, leaf("l")] } },
  ];
}

function leavesOf(value: Json): string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(leavesOf);
  if (isObject(value))
    return Object.entries(value).flatMap(([key, item]) => leavesOf(item).map((leaf) => `${leaf}@${key}`));
  return [String(value)];
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
}
