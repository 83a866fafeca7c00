import { randomUUID } from "node:crypto";
import { connect } from "../../db/client";
import { requestStop } from "../../db/stops";
import type { GraphNode } from "../../graph/definition";
import { fenceRequest, ownerId, startGraph } from "../support/factory";
import { countNodes, readAll } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";
import { createGate } from "../support/gate";
import { createBusy, createDeaf, place, visitsOf } from "./blocks";
import { ask, beginLate, closed, expectGone, expectProven, reached } from "./receipt";
import { shareEngine } from "../support/shared-engine";

const stopped = { status: "TERMINATED", endReason: "stopped" };

describe("a stop of one execution", () => {
  const [gate, deaf, busy] = [createGate(), createDeaf(), createBusy()];
  const engineOf = shareEngine({ blocks: [gate.block, deaf.block, busy.block] });

  /** A graph of one node whose result an output would show. */
  async function setup(nodeOf: (tag: string) => GraphNode) {
    const engine = engineOf();
    const tag = randomUUID();
    const graph = await engine.save(
      draft([nodeOf(tag), node("y", "AgentOutput", { name: "y" })], ["n.out -> y.value"]),
    );
    return { engine, tag, graph, start: () => engine.start(graph), ...visitsOf(gate, tag) };
  }
  const held = () => setup((tag) => place("n", gate, { in: tag }));

  test("that is QUEUED: it never begins, also when its workflow comes later", async () => {
    const { engine, graph, inside } = await held();
    const id = await startGraph(engine.db, graph);
    const stop = await closed(engine.db, (await ask(engine, id)).id);
    await expectGone(engine, id, stop);
    expect(await beginLate(engine, id)).toEqual({ status: "TERMINATED", endReason: "stopped" });
    expect(await engine.read(id)).toMatchObject({ ...stopped, startedAt: null, nodeExecutions: 0 });
    expect(inside()).toBe(0);
  });

  test("that is RUNNING: its node code is aborted and its result is not kept", async () => {
    const { engine, start, inside, aborted } = await held();
    const id = await start();
    await until(inside, (count) => count === 1);
    const stop = await engine.stop(id, { reason: "enough", requestedBy: "bob" });
    expect(stop).toMatchObject({ outcome: "stopped", reason: "enough", requestedBy: "bob" });
    await expectGone(engine, id, stop);
    expect([inside(), aborted()]).toEqual([0, 1]);
    const read = await engine.read(id);
    expect(read).toMatchObject(stopped);
    expect(read.outputs).toEqual({});
    expect(await countNodes(engine.db, id)).toEqual({ "n TERMINATED": 1 });
    expect(await engine.closed(id)).toBe("CANCELLED");
  });

  test("that is WAITING for a timer: the timer never fires", async () => {
    const engine = engineOf();
    const id = await engine.start(await engine.save(draft([node("n", "CountdownTimer", { hours: 1 })], [])));
    await until(
      () => engine.read(id),
      ({ status }) => status === "WAITING",
    );
    await until(
      () => engine.eventTypes(id),
      (types) => types.includes("TIMER_STARTED"),
    );
    await expectGone(engine, id, await engine.stop(id));
    expect(await engine.read(id)).toMatchObject(stopped);
    expect(await countNodes(engine.db, id)).toEqual({ "n TERMINATED": 1 });
    expect(await engine.eventTypes(id)).not.toContain("TIMER_FIRED");
  });

  test("whose node waits for its next attempt: there is none", async () => {
    const { engine, tag, start } = await setup((value) => ({
      ...place("n", busy, { in: value }),
      retry: { firstInterval: "1s", backoff: 1, maxInterval: "1s" },
    }));
    const id = await start();
    await until(
      () => busy.attempts(tag),
      (count) => count > 0,
    );
    const stop = await engine.stop(id);
    await expectGone(engine, id, stop);
    const attempts = busy.attempts(tag);
    const [row] = await engine.nodes(id, "n");
    expect(row).toMatchObject({ ...stopped, attempt: attempts });
  });

  test("at the moment of its start: it has begun or not, but nothing starts after the fence", async () => {
    const { engine, graph, inside } = await held();
    for (let round = 0; round < 6; round++) {
      const id = await startGraph(engine.db, graph);
      const [stop] = await Promise.all([engine.stop(id), engine.dispatcher.startNow(id)]);
      await expectGone(engine, id, stop);
      expect(await engine.read(id)).toMatchObject(stopped);
    }
    expect(inside()).toBe(0);
  });

  test("at the moment of its end: it ends in one way, and the outcome says in which", async () => {
    const { engine, tag, start } = await setup((value) => place("n", deaf, { in: value }));
    for (let round = 0; round < 6; round++) {
      const id = await start();
      await until(deaf.inside, (values) => values.includes(tag));
      const stopping = requestStop(engine.db, { ...fenceRequest, executionId: id, ownerId });
      deaf.letGo(tag);
      const { id: stopId } = await stopping;
      const stop = stopId ? await (engine.dispatcher.followStop(stopId), closed(engine.db, stopId)) : await stopping;
      const { status, outputs } = await engine.ended(id);
      expect({ status, outputs }).toEqual(
        stop.outcome === "stopped"
          ? { status: "TERMINATED", outputs: {} }
          : { status: "COMPLETED", outputs: { y: [tag] } },
      );
      expect(["stopped", "already_finished", "finished_first"]).toContain(stop.outcome);
      if (stop.id) await expectProven(engine, stop);
    }
  });

  test("by several at a time: one stop, whose fence is the first one's", async () => {
    const { engine, start, inside, aborted } = await held();
    const id = await start();
    await until(inside, (count) => count === 1);
    const others = connect(engine.url, { max: 4 });
    const request = (db: typeof others, reason: string) =>
      requestStop(db, { ...fenceRequest, executionId: id, ownerId, reason });
    const stops = await Promise.all(
      ["a", "b", "c", "d"].flatMap((one) => [request(engine.db, one), request(others, one)]),
    );
    await others.close();
    const [first, ...rest] = new Set(stops.map((one) => one.id));
    expect(rest).toEqual([]);
    if (!first) throw new Error("nothing was stopped");
    engine.dispatcher.followStop(first);
    await expectGone(engine, id, await closed(engine.db, first));
    expect(aborted()).toBe(1);
    const { rows } = await engine.db.pool.query(
      "select count(*)::int from events where root_id = $1 and type = 'stop.requested'",
      [id],
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  test("after it has closed answers that stop, and changes nothing", async () => {
    const { engine, start, inside } = await held();
    const id = await start();
    await until(inside, (count) => count === 1);
    const stop = await engine.stop(id, { reason: "first" });
    const before = await readAll(engine.db);
    expect(await engine.stop(id, { reason: "second", force: true })).toEqual(stop);
    expect(await readAll(engine.db)).toEqual(before);
  });

  test("during the stop of its parent, and of its parent during its own: both close, with receipts that hold", async () => {
    const engine = engineOf();
    const tag = randomUUID();
    const inner = draft([place("n", deaf, { in: tag })], [], { id: "inner" });
    const graph = await engine.save(
      draft([node("run", "AgentExecutor", { graphId: "inner" })], [], { subGraphs: [inner] }),
    );
    const id = await engine.start(graph);
    await until(deaf.inside, (values) => values.includes(tag));
    const child = (await engine.nodes(id, "run"))[0]?.childExecutionId;
    if (!child) throw new Error("no nested graph");
    const own = await ask(engine, child, { reason: "the child" });
    const outer = await ask(engine, id, { reason: "the tree" });
    expect(outer.id).not.toBe(own.id);
    expect((await ask(engine, child)).id).toBe(own.id);
    deaf.letGo(tag);
    const [first, second] = [await closed(engine.db, own.id), await closed(engine.db, outer.id)];
    await expectProven(engine, first);
    await expectGone(engine, id, second);
    expect(await engine.read(id)).toMatchObject(stopped);
    expect(await engine.read(child)).toMatchObject({ status: "TERMINATED" });
    await reached(engine.db, own.id, "CLOSED");
  });
});
