import { readStop, requestStop, type FenceRequest, type StopView } from "../../db/stops";
import type { Database } from "../../db/client";
import type { ExecutionId, StopId } from "../../graph/ids";
import { fenceRequest, ownerId } from "../support/factory";
import type { execution } from "../../workflows/execution";
import type { ExecutionInput, ExecutionResult } from "../../workflows/messages";
import type { Engine } from "../support/engine";
import type { OpenEngine } from "../support/open-engine";
import { faultsOf } from "../support/record";
import { until } from "../support/wait";

/** Asks for a stop and has it followed; answers at once, when the fence stands. */
export async function ask({ db, dispatcher }: OpenEngine, executionId: ExecutionId, more: Partial<FenceRequest> = {}) {
  const stop = await requestStop(db, { ...fenceRequest, executionId, ownerId, ...more });
  if (!stop.id) throw new Error("nothing was stopped");
  dispatcher.followStop(stop.id);
  return { ...stop, id: stop.id };
}

/** Starts the workflow of an execution that the record has ended, as a start that was on its way would. */
export function beginLate({ client, taskQueue }: Engine, executionId: ExecutionId): Promise<ExecutionResult> {
  const args: [ExecutionInput] = [{ executionId }];
  return client.workflow.execute<typeof execution>("execution", { workflowId: executionId, taskQueue, args });
}

const read = async (db: Database, id: StopId): Promise<StopView> => {
  const stop = await readStop(db, ownerId, id);
  if (!stop) throw new Error(`no stop ${id}`);
  return stop;
};

export const reached = (db: Database, id: StopId, ...phases: StopView["status"][]): Promise<StopView> =>
  until(
    () => read(db, id),
    ({ status }) => phases.includes(status),
  );

/** A stop that is over, from any of its phases. */
export const closed = (db: Database, id: StopId, withinMs?: number): Promise<StopView> =>
  until(
    () => read(db, id),
    ({ status }) => status === "CLOSED",
    withinMs,
  );

const proven = { liveDescendants: 0, startedAfterFence: 0, chargedAfterFence: 0 };

/** Rows under the stop that its receipt has to agree with, counted here in another way than the receipt does it. */
async function countUnder(db: Database, stopId: StopId) {
  const { rows } = await db.pool.query<
    Record<"executions" | "live" | "already" | "terminated" | "abandoned" | "inner", number>
  >(
    `with under as (
       select e.*, f.seq as fence from stops s join fences f on f.execution_id = s.execution_id
         join executions e on e.root_id = s.root_id and (e.id = s.execution_id or (s.cascade and s.execution_id = any (e.ancestors)))
        where s.id = $1)
     select (select count(*)::int from under) as executions, (select count(*)::int from under where ended_at is null) as live,
       (select count(*)::int from under where ended_seq < fence) as already,
       (select count(*)::int from node_executions n join under u on u.id = n.execution_id
         where n.status = 'TERMINATED' and n.end_reason <> 'unfed' and n.ended_seq > u.fence) as terminated,
       (select count(*)::int from node_executions n join under u on u.id = n.execution_id
         where n.end_reason = 'abandoned' and n.ended_seq > u.fence) as abandoned,
       (select count(*)::int from stops s join under u on u.id = s.execution_id where s.id <> $1) as inner`,
    [stopId],
  );
  const [row] = rows;
  if (!row) throw new Error(`no stop ${stopId}`);
  return row;
}

/** What every stop that is over leads to: nothing lives on, the proof holds, and the counts are those of the record. */
export async function expectProven(engine: Pick<OpenEngine, "db" | "open">, stop: StopView): Promise<void> {
  const { id } = stop;
  if (!id) throw new Error("nothing was stopped");
  expect(stop).toMatchObject({ status: "CLOSED", proof: proven });
  const under = await countUnder(engine.db, id);
  expect(under.live).toBe(0);
  expect(stop.leftovers).toHaveLength(under.abandoned);
  expect(stop.counts).toMatchObject({
    executions: under.executions,
    alreadyEnded: under.already,
    abandoned: under.abandoned,
  });
  // What a stop inside this one has settled stands in that one's receipt.
  if (under.inner === 0) expect(stop.counts.swept + stop.counts.aborted + stop.counts.abandoned).toBe(under.terminated);
  expect(await faultsOf(engine.db)).toEqual([]);
}

/** Of a whole tree also: no workflow of it is open. */
export async function expectGone(engine: OpenEngine, root: ExecutionId, stop: StopView): Promise<void> {
  await expectProven(engine, stop);
  expect(await engine.open(root)).toEqual([]);
  const { rows } = await engine.db.pool.query(
    "select 1 from executions where root_id = $1 and ended_at is null union all select 1 from node_executions where root_id = $1 and ended_at is null",
    [root],
  );
  expect(rows).toEqual([]);
}
