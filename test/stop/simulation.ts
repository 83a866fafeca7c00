import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { MockActivityEnvironment } from "@temporalio/testing";
import type { RemoteBlock } from "../../blocks/block";
import { any, define, emitted, optional, pins } from "../../blocks/pins";
import type { Database } from "../../db/client";
import { openHold, releaseHold } from "../../db/holds";
import { closeStop, openFence, readOpenStop, settleFenced, type FenceRequest } from "../../db/stops";
import { parseExecutionId, parseStopId, type ExecutionId, type NodeExecutionId, type StopId } from "../../graph/ids";
import type { Answer, Work } from "../../workflows/messages";
import { fenceRequest } from "../support/factory";
import { openActivities } from "../support/run";

/** Something the simulated scheduler may do next; it picks at random, several at a time. */
type Act = () => Promise<void>;

/** One thing that is done to the tree when so many turns have passed, to one of the executions there are then. */
export type StopPoint = {
  readonly turn: number;
  readonly target: number;
  /** A user's stop, or Temporal's own doors. */
  readonly by: "request" | "cancel" | "terminate";
  readonly cascade: boolean;
  readonly deadlineMs: 0 | 600_000;
  /** Whether workers hear of the fence before its node code ends by itself. */
  readonly heard: boolean;
  /** Turns that the follow-up lets pass before it sweeps: so long the fence stands alone. */
  readonly lag: number;
};

/** A pause or a resume: of one of the executions there are then, or of one of those that are held. */
export type HoldPoint = {
  readonly turn: number;
  readonly target: number;
  readonly what: "hold" | "release" | "release all";
};

/** A remote block whose runs end when the scheduler says so, or by an abort. */
export function createSimulatedBlock() {
  const endings: Act[] = [];
  const block: RemoteBlock = {
    definition: define({
      id: randomUUID(),
      name: "Simulated",
      description: "",
      placement: "remote",
      inputSchema: pins({ in: optional(any, null, "") }),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    async run({ in: value = null }, { signal }) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        endings.push(async () => resolve());
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
      return [{ pin: "out", value }];
    },
  };
  return { block, blockId: block.definition.id, endings };
}

export type Simulated = { readonly stopIds: readonly StopId[]; readonly turns: number };

const mostTurns = 20_000;

/**
 * Runs a tree to its end with a scheduler in place of Temporal: what the workflows would do, in an order that `choose` picks,
 * through the activities of two workers on a real database. `choose(n)` answers a number below n.
 */
export async function simulate(
  databases: readonly [Database, Database],
  { block, endings }: ReturnType<typeof createSimulatedBlock>,
  root: ExecutionId,
  points: readonly StopPoint[],
  choose: (below: number) => number,
  holds: readonly HoldPoint[] = [],
): Promise<Simulated> {
  const [db] = databases;
  const workers = databases.map((one) => openActivities(one, [block]));
  const worker = () => workers[choose(workers.length)] as (typeof workers)[number];
  const ready: Act[] = [];
  const running = new Set<Promise<void>>();
  const flights = new Map<ExecutionId, Map<NodeExecutionId, MockActivityEnvironment | null>>();
  const parents = new Map<ExecutionId, { id: ExecutionId; node: NodeExecutionId }>();
  const begun = new Set<ExecutionId>();
  const closed = new Set<ExecutionId>();
  const cancelled = new Set<ExecutionId>();
  const stops = new Map<StopId, StopPoint | null>();

  /** By its own end, or by the close policy. */
  const isGone = (id: ExecutionId): boolean => {
    const parent = parents.get(id);
    return closed.has(id) || (parent !== undefined && isGone(parent.id));
  };
  const flightOf = (id: ExecutionId) => flights.get(id) ?? flights.set(id, new Map()).get(id)!;
  const asks = (id: ExecutionId, question: () => Promise<Answer>, took = take) =>
    ready.push(async () => {
      if (!isGone(id)) took(id, await question());
    });
  function looks(id: ExecutionId): void {
    if (begun.has(id)) asks(id, () => worker().record.outstanding(id, [...flightOf(id).keys()]));
    else begins(id);
  }

  function begins(id: ExecutionId): void {
    flightOf(id);
    asks(id, async () => {
      const answer = await worker().record.begin(id, `run of ${id}`);
      if (answer.state !== "held") begun.add(id);
      return answer;
    });
  }

  /** What a piece of work answers: that it was held may be over by now. */
  function takeOf(id: ExecutionId, answer: Answer): void {
    if (answer.state === "held") looks(id);
    else take(id, answer);
  }

  function take(id: ExecutionId, answer: Answer): void {
    if (answer.state === "ended") return closes(id, false);
    for (const work of answer.work) if (!flightOf(id).has(work.id)) carryOut(id, work);
    if (answer.more) looks(id);
  }

  function carryOut(id: ExecutionId, work: Work): void {
    const flight = flightOf(id);
    flight.set(work.id, null);
    const ended = () => flight.delete(work.id);
    switch (work.kind) {
      case "wait":
        asks(
          id,
          async () => {
            ended();
            return worker().record.wake(id, work.id);
          },
          takeOf,
        );
        break;
      case "child":
        parents.set(work.executionId, { id, node: work.id });
        begins(work.executionId);
        break;
      case "remote":
        ready.push(async () => {
          if (isGone(id) || cancelled.has(id)) return void ended();
          const environment = new MockActivityEnvironment();
          flight.set(work.id, environment);
          const activity = worker().nodes[work.block];
          if (!activity) throw new Error(`no activity ${work.block}`);
          const answered = environment.run(activity, { executionId: id, ...work }) as Promise<Answer>;
          const run = answered
            .then(
              (answer) => (ended(), isGone(id) ? undefined : takeOf(id, answer)),
              () =>
                cancelled.has(id) ? undefined : void asks(id, () => worker().record.settleNode(id, work.id, "lost")),
            )
            .finally(() => running.delete(run));
          running.add(run);
        });
    }
  }

  /** A workflow has closed; `abnormal`: not by its own end, so that its parent has to ask how. */
  function closes(id: ExecutionId, abnormal: boolean): void {
    if (isGone(id)) return;
    closed.add(id);
    const parent = parents.get(id);
    if (!parent) return;
    flightOf(parent.id).delete(parent.node);
    if (abnormal) asks(parent.id, () => worker().record.settleChild(parent.id, id));
    else looks(parent.id);
  }

  /** A cancel: the fence first, then what is in flight ends, then the rest is settled and the workflow closes. */
  function cancels(id: ExecutionId): void {
    if (!flights.has(id) || isGone(id) || cancelled.has(id)) return;
    cancelled.add(id);
    const flight = flightOf(id);
    const settles: Act = async () => {
      if (isGone(id)) return;
      const open = [...flight].filter(([, environment]) => environment !== null);
      const children = [...parents].filter(([child, { id: parent }]) => parent === id && !isGone(child));
      if (open.length > 0 || children.length > 0) return void ready.push(settles);
      await worker().record.settleUnderFence(id, [...flight.keys()]);
      closes(id, true);
    };
    ready.push(async () => {
      if (isGone(id)) return;
      const answer = await worker().record.fenceCancelled(id);
      if (answer.state === "ended") return closes(id, true);
      for (const environment of flight.values()) environment?.cancel("CANCELLED");
      for (const [child, { id: parent }] of parents) if (parent === id) cancels(child);
      ready.push(settles);
    });
  }

  function follows(stopId: StopId, point: StopPoint | null): void {
    if (stops.has(stopId)) return;
    stops.set(stopId, point);
    const hears: Act = async () => {
      const stop = await readOpenStop(db, stopId);
      if (!stop?.cascade) return;
      for (const { running: nodes } of workers) nodes.abort({ executionId: stop.executionId, stopId });
      const { rows } = await db.pool.query<{ id: ExecutionId }>(
        "select id from executions where id = $1 or $1 = any (ancestors)",
        [stop.executionId],
      );
      for (const { id } of rows) cancels(id);
    };
    const settles: Act = async () => {
      const { quiesced } = await settleFenced(db, stopId, []);
      ready.push(quiesced ? async () => void (await closeStop(db, stopId)) : settles);
    };
    if (point?.heard !== false) ready.push(hears);
    let lag = point?.lag ?? 0;
    const lags: Act = async () => void ready.push(lag-- > 0 ? lags : settles);
    ready.push(lags);
  }

  async function stopAt(point: StopPoint): Promise<void> {
    const { rows } = await db.pool.query<{ id: ExecutionId }>("select id from executions order by depth, created_seq");
    const { id } = rows[point.target % rows.length] ?? { id: root };
    const begun = flights.has(id) && !isGone(id);
    if (point.by === "cancel" && begun) return cancels(id);
    // A root that is terminated runs no code at all: that is found by others.
    if (point.by === "terminate" && begun && id !== root) return closes(id, true);
    const request: FenceRequest = {
      ...fenceRequest,
      executionId: id,
      cascade: point.cascade,
      deadlineMs: point.deadlineMs,
    };
    const fenced = await openFence(db, request);
    if ("stopId" in fenced) follows(fenced.stopId, point);
  }

  async function holdAt({ what, target }: HoldPoint): Promise<void> {
    const { rows } = await db.pool.query<{ id: ExecutionId }>(
      what === "hold"
        ? "select id from executions order by depth, created_seq"
        : "select execution_id as id from holds order by seq",
    );
    const meant = what === "release all" ? rows : rows.slice(target % Math.max(rows.length, 1)).slice(0, 1);
    for (const { id } of meant) {
      if (what === "hold") await openHold(db, { executionId: id, reason: null, requestedBy: "ada" });
      else await releaseHold(db, id, "ada");
    }
  }

  /** The outbox: what a step has left to others. */
  async function dispatches(): Promise<void> {
    const { rows } = await db.pool.query<{ kind: string; subject: string }>(
      "delete from outbox returning kind, subject_id as subject",
    );
    for (const { kind, subject } of rows) {
      if (kind === "stop") follows(parseStopId(subject), null);
      else if (kind === "poke") looks(parseExecutionId(subject));
      else if (!flights.has(parseExecutionId(subject))) begins(parseExecutionId(subject));
    }
  }

  for (let turn = 0; turn < mostTurns; turn++) {
    for (const point of points.filter((one) => one.turn === turn)) ready.push(() => stopAt(point));
    for (const point of holds) {
      if (point.what === "release all")
        await (turn >= point.turn && holdAt(point)); // also what is held late
      else if (point.turn === turn) ready.push(() => holdAt(point));
    }
    ready.push(...endings.splice(0));
    if (ready.length === 0 || choose(4) === 0) await dispatches();
    if (ready.length === 0) {
      const last = Math.max(0, ...points.map((one) => one.turn), ...holds.map((one) => one.turn));
      if (holds.length > 0 && turn < last) continue; // what is held waits for what is still to come
      if (running.size === 0 && endings.length === 0) return { stopIds: [...stops.keys()], turns: turn };
      await pause(1); // node code is on its way to its waiting or out of it
      continue;
    }
    const acts = Array.from({ length: 1 + choose(3) }, () => ready.splice(choose(ready.length), 1)).flat();
    await Promise.all(acts.map((act) => act()));
  }
  throw new Error(`not over after ${mostTurns} turns: ${ready.length} acts are ready, ${running.size} nodes run`);
}
