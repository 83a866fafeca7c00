import type { GraphNode } from "../../graph/definition";
import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { manyChildren, manyNodes, runLengths, startLong } from "../support/long-runs";
import { countNodes, faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

async function setup() {
  const [pass, child] = [createGate("Pass"), createGate("Child")];
  pass.open();
  return { ...(await startEngine({ blocks: [pass.block, child.block] })), pass, child };
}

const count = (length: number) => Array.from({ length }, (_, index) => index);

describe("an execution whose history grows long", () => {
  test("goes on in new runs, and runs every node once", async () => {
    await using engine = await setup();
    const lists = count(230).map(() => count(2)); // more than are in flight at a time;
    const id = await startLong(engine, await engine.save(manyNodes(engine.pass)), { lists }, 80);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", nodeExecutions: 2 + 230 * 4 });
    expect(await countNodes(engine.db, id)).toMatchObject({ "pass COMPLETED": 230, "keep COMPLETED": 460 });
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect((await runLengths(engine, id)).length).toBeGreaterThan(1);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("loses none of its nested graphs, though it continues as new between them", async () => {
    await using engine = await setup();
    const graph = await engine.save(manyChildren({ concurrency: 2 }));
    const id = await startLong(engine, graph, { list: count(16) }, 20);
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [count(16)] } });
    expect((await runLengths(engine, id)).length).toBeGreaterThan(1);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("starts new work in the same run while a nested graph waits, which a new run would end", async () => {
    await using engine = await setup();
    const { pass, child } = engine;
    const place = (id: string, { blockId }: { blockId: string }): GraphNode => ({ id, blockId, constants: {} });
    // 30 nodes in a row, too many for one activity or for a history of 80 events, beside a nested graph that is held.
    const row = count(30).map((index) => place(`n${index}`, pass));
    const timers = count(15).map((index) => node(`t${index}`, "CountdownTimer", { seconds: "0.01" }));
    const inner = { id: "inner", ...draft([place("hold", child)], []) };
    const links = timers.flatMap((timer, index) => [
      `n${2 * index}.out -> ${timer.id}.input_message`,
      `${timer.id}.output_message -> n${2 * index + 1}.in`,
      ...(index < 14 ? [`n${2 * index + 1}.out -> n${2 * index + 2}.in`] : []),
    ]);
    const graph = draft([...row, ...timers, node("run", "AgentExecutor", { graphId: "inner" })], links, {
      subGraphs: [inner],
    });
    const id = await startLong(engine, await engine.save(graph), {}, 80);
    await until(
      () => engine.nodes(id, "n29"),
      ([last]) => last?.status === "COMPLETED",
    );
    expect(child.inside()).toHaveLength(1);
    const [length, ...earlier] = await runLengths(engine, id);
    expect(length).toBeGreaterThan(80);
    expect(earlier).toEqual([]);
    child.open();
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED" });
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
