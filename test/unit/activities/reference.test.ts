import fc from "fast-check";
import { randomUUID } from "node:crypto";
import type { InlineBlock } from "../../../blocks/block";
import { any, define, emitted, list, object, optional, pins } from "../../../blocks/pins";
import { mix, mixedGraphs } from "../graph/mixed-graphs";
import { runPlainly, type PlainGraph } from "../graph/plain";
import { openSegment } from "./segment-fixture";

const most = 1_500;

const block: InlineBlock = {
  definition: define({
    id: randomUUID(),
    name: "Mix",
    description: "",
    placement: "inline",
    inputSchema: pins({
      ...{ a: optional(any, null, ""), b: optional(any, null, ""), id: optional(any, null, "") },
      ...{ l: optional(list, [], ""), o: optional(object, {}, "") },
    }),
    outputSchema: pins({ out: emitted(any, ""), list: emitted(list, ""), map: emitted(object, "") }),
  }),
  run: (inputs) => mix(inputs),
};

/** Runs it in one segment of the engine; what it writes, by node and in the order of the rows. */
function runInEngine({ nodes, links, masks }: PlainGraph) {
  const placed = nodes.map((node) => ({ ...node, blockId: block.definition.id }));
  const bounds = { nodes: most * 2, inputBytes: 1_000_000, valueBytes: 1_000_000 };
  const segment = openSegment(
    { name: "random", nodes: placed, links },
    { blocks: [block], state: { masks, status: "QUEUED" }, bounds },
  );
  segment.begin("run");
  segment.run();
  const { inserts, outputs } = segment.unit() ?? { inserts: [], outputs: [] };
  const rowsOf = (id: string, status: string) => inserts.filter((row) => row.nodeId === id && row.status === status);
  const byNode = <Item>(of: (id: string) => Item) => Object.fromEntries(nodes.map(({ id }) => [id, of(id)]));
  return {
    ended: segment.ended,
    rows: inserts.length,
    ran: byNode((id) => rowsOf(id, "COMPLETED").map(({ inputs }) => inputs)),
    left: byNode((id) => rowsOf(id, "TERMINATED").map(({ inputs }) => inputs)),
    emitted: byNode((id) =>
      rowsOf(id, "COMPLETED").map((row) =>
        outputs.filter((one) => one.id === row.id).map(({ pin, value }) => ({ pin, value })),
      ),
    ),
  };
}

describe("the engine", () => {
  test("runs any graph as the plain interpreter does: equal inputs, equal outputs, equal counts, equal left-overs", () => {
    let busy = 0;
    fc.assert(
      fc.property(mixedGraphs, (graph) => {
        const plain = runPlainly(graph, (_, inputs) => mix(inputs), most);
        fc.pre(plain !== null);
        const { ran, left } = plain;
        const engine = runInEngine(graph);
        expect(engine.ended).toMatchObject({ status: "COMPLETED", endReason: "finished" });
        expect(engine.ran).toEqual(ran);
        expect(engine.left).toEqual(left);
        for (const [id, executions] of Object.entries(ran)) {
          expect(engine.emitted[id]).toEqual(executions.map((inputs) => mix(inputs)));
        }
        expect(engine.rows).toBe([...Object.values(ran), ...Object.values(left)].flat().length);
        if (Object.values(ran).some((executions) => executions.length > 3)) busy++;
      }),
      { numRuns: 250 },
    );
    expect(busy).toBeGreaterThan(50); // graphs that loop or merge; without them this would show little
  });
});
