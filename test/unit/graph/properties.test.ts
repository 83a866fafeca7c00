import fc from "fast-check";
import type { CompiledGraph } from "../../../graph/compile";
import { deliver, openPlanner, start } from "../../../graph/deliver";
import type { Pending, Ready } from "../../../graph/deliver";
import type { Json, JsonObject } from "../../../graph/json";
import { countExecutions } from "./fixtures";
import { interpret } from "./interpret";
import { compiled, pureRunsOf, randomGraphs, runsOf } from "./random-graphs";
import type { RandomGraph } from "./random-graphs";
import { referenceTable } from "./reference";

const anyGraph = randomGraphs({ isStatic: fc.boolean(), merges: true });
const dynamicGraph = randomGraphs({ isStatic: fc.constant(false), merges: true });

type Sent = { readonly nodeId: string; readonly pin: string; readonly value: Json };

/** Runs it first in, first out. */
function run(random: RandomGraph, most = 6) {
  const graph = compiled(random);
  const mint = countExecutions();
  const runOf = runsOf(random, most);
  let { pending, ready } = start(graph, {}, mint);
  const all: Ready[] = [...ready];
  const sent: Sent[] = [];
  const states: Pending[] = [pending];
  for (const { nodeId, inputs } of all) {
    for (const emission of runOf(nodeId)(inputs)) {
      ({ pending, ready } = deliver(graph, pending, nodeId, emission, mint));
      states.push(pending);
      sent.push({ nodeId, ...emission });
      all.push(...ready); // the loop goes on over what is added
    }
  }
  return { graph, all, sent, pending, states };
}

/** What came by links to the executions of a node, those that ran first, then those left. */
function broughtTo(nodeId: string, all: readonly Ready[], pending: Pending): readonly JsonObject[] {
  return [...all.filter((one) => one.nodeId === nodeId), ...(pending.waiting.get(nodeId) ?? [])].map(
    ({ inputs }) => inputs,
  );
}

/** Constants and folded pins left out. */
function linkedOf(graph: CompiledGraph, nodeId: string, inputs: JsonObject): Map<string, Json | undefined> {
  const linked = graph.nodes.get(nodeId)?.linkedPins ?? [];
  return new Map(linked.filter((pin) => Object.hasOwn(inputs, pin)).map((pin) => [pin, inputs[pin]]));
}

describe("any graph", () => {
  test("plans what the reference plans", () => {
    fc.assert(
      fc.property(anyGraph, (random) => {
        const { graph, all, sent, pending } = run(random);
        const reference = referenceTable(random);
        const expected = sent.flatMap(({ nodeId, ...emission }) => reference.emit(nodeId, emission));
        const planned = all.slice(all.length - expected.length);
        expect(planned.map(({ nodeId, inputs }) => [nodeId, linkedOf(graph, nodeId, inputs)])).toEqual(
          expected.map(([nodeId, used]) => [nodeId, used]),
        );
        for (const { id } of random.nodes) {
          const left = (pending.waiting.get(id) ?? []).map(({ inputs }) => new Map(Object.entries(inputs)));
          expect(left).toEqual(reference.left(id));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives each value of a link that is not static to exactly one execution, and loses none of a static link", () => {
    fc.assert(
      fc.property(anyGraph, (random) => {
        const { graph, all, sent, pending } = run(random);
        for (const link of random.links) {
          const got = broughtTo(link.sinkId, all, pending).map((inputs) => inputs[link.sinkName]);
          const isReused = graph.nodes.get(link.sinkId)?.staticPins.includes(link.sinkName) ?? false;
          for (const { value } of sent.filter((one) => one.nodeId === link.sourceId && one.pin === link.sourceName)) {
            const times = got.filter((one) => one === value).length;
            expect(isReused ? Math.min(times, 1) : times).toBe(1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("answers the same to the same, also after pending inputs went through JSON and through one planner", () => {
    fc.assert(
      fc.property(anyGraph, (random) => {
        const first = run(random);
        expect(JSON.stringify(run(random).all)).toBe(JSON.stringify(first.all));

        const stored = ({ waiting, lastQueued }: Pending): Pending => ({
          waiting: new Map(JSON.parse(JSON.stringify([...waiting])) as [string, never][]),
          lastQueued: new Map(JSON.parse(JSON.stringify([...lastQueued])) as [string, never][]),
        });
        const mint = countExecutions();
        const begun = start(first.graph, {}, mint);
        const planner = openPlanner(first.graph, stored(begun.pending), mint);
        const again = first.sent.flatMap(({ nodeId, ...emission }) => planner.deliver(nodeId, emission));
        expect(JSON.stringify([...begun.ready, ...again])).toBe(JSON.stringify(first.all));
        expect(stored(planner.pending())).toEqual(stored(first.pending));
      }),
      { numRuns: 200 },
    );
  });

  test("orders what waits by inclusion, and never changes what it was given", () => {
    fc.assert(
      fc.property(anyGraph, (random) => {
        const { states } = run(random);
        const { states: again } = run(random);
        expect(states).toEqual(again);
        for (const queue of states.flatMap(({ waiting }) => [...waiting.values()])) {
          queue.slice(1).forEach(({ inputs }, i) => {
            const older = queue[i]?.inputs ?? {};
            expect(Object.keys(inputs).filter((pin) => !Object.hasOwn(older, pin))).toEqual([]);
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("a graph without static links", () => {
  test("zips the values that reach each pin, in their order", () => {
    fc.assert(
      fc.property(dynamicGraph, (random) => {
        const { graph, all, sent, pending } = run(random);
        for (const { node, linkedPins } of graph.nodes.values()) {
          if (linkedPins.length === 0) continue;
          const arrived = linkedPins.map((pin) => {
            const into = random.links.filter((link) => link.sinkId === node.id && link.sinkName === pin);
            const feeds = (one: Sent) =>
              into.some((link) => link.sourceId === one.nodeId && link.sourceName === one.pin);
            return sent.filter(feeds).map(({ value }) => value);
          });
          const most = Math.max(...arrived.map((values) => values.length));
          const zipped = Array.from({ length: most }, (_, row) => {
            const pairs = linkedPins.map((pin, column) => [pin, arrived[column]?.[row]] as const);
            return new Map(pairs.filter(([, value]) => value !== undefined));
          });
          expect(broughtTo(node.id, all, pending).map((inputs) => linkedOf(graph, node.id, inputs))).toEqual(zipped);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("and without merges runs every node on the same inputs in any interleaving", () => {
    const picks = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(randomGraphs({ isStatic: fc.constant(false), merges: false }), picks, (random, stream) => {
        const graph = compiled(random);
        const byNode = (pick: (count: number) => number) => {
          const { ran, left } = interpret(graph, {}, pureRunsOf(random, 4), pick);
          return random.nodes.map(({ id }) => [
            ran.filter(({ nodeId }) => nodeId === id).map(({ inputs }) => inputs),
            left.filter(({ nodeId }) => nodeId === id).map(({ inputs }) => inputs),
          ]);
        };
        expect(byNode((count) => Number(stream.next().value) % count)).toEqual(byNode(() => 0));
      }),
      { numRuns: 200 },
    );
  });
});
