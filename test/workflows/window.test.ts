import type { GraphNode } from "../../graph/definition";
import { workWindow } from "../../workflows/messages";
import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { countNodes, faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

async function setup() {
  const [first, each] = [createGate("First"), createGate("Each")];
  const engine = await startEngine({ blocks: [first.block, each.block] });
  const place = (id: string, { blockId }: { blockId: string }): GraphNode => ({ id, blockId, constants: {} });
  /** A list, stepped through: one remote node for each item. */
  const fanOut = [node("list", "AgentInput", { name: "list" }), node("step", "StepThroughItems"), place("each", each)];
  const links = ["list.result -> step.items", "step.item -> each.in"];
  return { ...engine, first, each, place, fanOut, links };
}

const items = (count: number) => Array.from({ length: count }, (_, index) => index);

test("a fan-out of 300 remote nodes never has more than the window in flight, and all of them run", async () => {
  await using engine = await setup();
  const graph = await engine.save(draft(engine.fanOut, engine.links));
  const id = await engine.start(graph, { list: items(300) });
  await until(engine.each.inside, (inside) => inside.length === workWindow);
  engine.each.letGo(workWindow / 2 - 1);
  await until(
    () => countNodes(engine.db, id),
    (nodes) => nodes["each COMPLETED"] === workWindow / 2 - 1,
  );
  expect(engine.each.inside()).toHaveLength(workWindow / 2 + 1); // there is room, but not yet for half a window
  engine.each.letGo(1);
  await until(engine.each.inside, (inside) => inside.length === workWindow);
  engine.each.open();
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
  expect(engine.each.most()).toBe(workWindow);
  const outputs = (await engine.nodes(id, "each")).map((one) => one.outputs[0]?.value);
  expect(outputs.toSorted((a, b) => Number(a) - Number(b))).toEqual(items(300));
  expect(await engine.closed(id)).toBe("COMPLETED");
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("what becomes ready while the window is full runs when there is room again", async () => {
  await using engine = await setup();
  const graph = await engine.save(
    draft(
      [
        ...engine.fanOut,
        node("also", "AgentInput", { name: "also" }),
        engine.place("first", engine.first),
        node("alsoStep", "StepThroughItems"),
        engine.place("alsoEach", engine.each),
      ],
      [...engine.links, "also.result -> first.in", "first.out -> alsoStep.items", "alsoStep.item -> alsoEach.in"],
    ),
  );
  const id = await engine.start(graph, { list: items(180), also: items(60) });
  await until(engine.each.inside, (inside) => inside.length === 180);
  await until(engine.first.inside, (inside) => inside.length === 1);
  engine.first.open(); // one answer with 60 nodes, and room for 20 of them
  await until(engine.each.inside, (inside) => inside.length === workWindow);
  engine.each.open();
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
  expect(engine.each.most()).toBe(workWindow);
  expect(await countNodes(engine.db, id)).toMatchObject({ "each COMPLETED": 180, "alsoEach COMPLETED": 60 });
  expect(await engine.closed(id)).toBe("COMPLETED");
  expect(await faultsOf(engine.db)).toEqual([]);
});
