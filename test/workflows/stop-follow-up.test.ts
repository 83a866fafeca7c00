import { randomUUID } from "node:crypto";
import type { RemoteBlock } from "../../blocks/block";
import { define, pins } from "../../blocks/pins";
import { requestStop } from "../../db/stops";
import type { GraphDraft, GraphNode } from "../../graph/definition";
import type { ExecutionId, StopId } from "../../graph/ids";
import { startEngine } from "../support/engine";
import { fenceRequest, ownerId } from "../support/factory";
import { createGate } from "../support/gate";
import { countLive, faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** Its runs never end, whatever their signal says. */
function createDeafBlock() {
  let runs = 0;
  const definition = define({
    id: randomUUID(),
    name: "Deaf",
    description: "",
    placement: "remote",
    inputSchema: pins({}),
    outputSchema: pins({}),
  });
  const run = () => {
    runs += 1;
    return new Promise<never>(() => {});
  };
  return { block: { definition, run } satisfies RemoteBlock, runs: () => runs };
}

/** A root with a node that runs and a nested graph that has one too. */
async function setup() {
  const gate = createGate();
  const deaf = createDeafBlock();
  const engine = await startEngine({ blocks: [gate.block, deaf.block] });
  const hold = (id: string, value: string): GraphNode => ({ id, blockId: gate.blockId, constants: { in: value } });
  const inner: GraphDraft = { ...draft([hold("hold", "inner")], []), id: "inner" };
  const nested = draft([hold("hold", "outer"), node("run", "AgentExecutor", { graphId: "inner" })], [], {
    subGraphs: [inner],
  });
  const alone = (id: string): GraphDraft => draft([{ id: "n", blockId: id, constants: {} }], []);
  return {
    ...engine,
    gate,
    deaf,
    async startNested(): Promise<ExecutionId> {
      const root = await engine.start(await engine.save(nested));
      await until(gate.inside, (inside) => inside.length === 2);
      return root;
    },
    async startDeaf(): Promise<ExecutionId> {
      const root = await engine.start(await engine.save(alone(deaf.block.definition.id)));
      await until(deaf.runs, (runs) => runs > 0);
      return root;
    },
    /** Resolves when so many parts of the follow-up are under way. */
    async following(id: StopId, parts: number): Promise<void> {
      const describe = () => engine.client.workflow.getHandle(id).describe();
      await until(
        async () => (await describe().catch(() => null))?.raw.pendingActivities?.length, // null: not started yet
        (pending) => pending === parts,
      );
    },
    /** Asks for a stop, and has it followed; the stop's id. */
    async ask(executionId: ExecutionId, changes: Partial<typeof fenceRequest> = {}): Promise<StopId> {
      const { id } = await requestStop(engine.db, { ...fenceRequest, ownerId, executionId, ...changes });
      if (!id) throw new Error("it had ended");
      engine.dispatcher.followStop(id);
      return id;
    },
  };
}

test("a `self` stop that is raised midway ends the descendants too", async () => {
  await using engine = await setup();
  const root = await engine.startNested();
  const id = await engine.ask(root, { cascade: false });
  await engine.following(id, 2);
  expect(engine.gate.inside()).toHaveLength(2); // nobody was told to end
  expect(await engine.stop(root)).toMatchObject({
    id,
    status: "CLOSED",
    outcome: "stopped",
    cascade: true,
    counts: { executions: 2, aborted: 2, cancelled: 2, abandoned: 0 },
    proof: { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 },
  });
  expect(await engine.closed(root)).toBe("CANCELLED");
  expect(await engine.open(root)).toEqual([]);
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a `self` stop takes the timers of its target, whose workflow closes by its cancel", async () => {
  await using engine = await setup();
  const root = await engine.start(await engine.save(draft([node("t", "CountdownTimer", { hours: 1 })], [])));
  await until(
    () => engine.read(root),
    ({ status }) => status === "WAITING",
  );
  expect(await engine.stop(root, { cascade: false })).toMatchObject({ outcome: "stopped", counts: { swept: 1 } });
  expect(await engine.closed(root)).toBe("CANCELLED");
});

test("code that ignores its signal is abandoned at the deadline, and holds up nobody after it", async () => {
  await using engine = await setup();
  const root = await engine.startDeaf();
  const [found] = await engine.nodes(root);
  expect(await engine.stop(root, { deadlineMs: 0 })).toMatchObject({
    outcome: "stopped_with_leftovers",
    counts: { aborted: 0, abandoned: 1 },
    leftovers: [{ executionId: root, nodeExecutionId: found?.id }],
    uncharged: { nodeExecutions: 1 },
  });
  expect(await engine.closed(root)).toBe("CANCELLED"); // its activity has ended without the code
  expect((await engine.nodes(root))[0]).toMatchObject({ status: "TERMINATED", endReason: "abandoned", attempt: 2 });
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a stop that goes on is brought to its end by force", async () => {
  await using engine = await setup();
  const root = await engine.startDeaf();
  const id = await engine.ask(root, { deadlineMs: 600_000 });
  await engine.following(id, 1); // it waits for quiet
  expect(await countLive(engine.db, root)).toBe(2);
  expect(await engine.stop(root, { force: true })).toMatchObject({ id, outcome: "stopped_with_leftovers" });
});

test("a follow-up that is cancelled goes on, one that is terminated is begun again by the outbox", async () => {
  await using engine = await setup();
  const root = await engine.startDeaf();
  const id = await engine.ask(root, { deadlineMs: 600_000 });
  const handle = engine.client.workflow.getHandle(id);
  await engine.following(id, 1);
  await handle.cancel();
  await handle.terminate("by hand");
  await engine.db.pool.query("insert into outbox (kind, subject_id, due_at) values ('stop', $1, now())", [id]);
  await until(
    async () => (await handle.describe()).status.name,
    (status) => status === "RUNNING",
  );
  await handle.cancel();
  expect(await engine.stop(root, { force: true })).toMatchObject({ id, status: "CLOSED" });
  expect(await handle.result()).toEqual({ outcome: "stopped_with_leftovers", cancelled: 1, terminated: 0 });
  expect((await handle.describe()).status.name).toBe("COMPLETED");
});
