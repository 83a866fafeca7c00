import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { NodeExecutionId } from "../graph/ids";
import { carryOut, endReasonOf } from "./carry-out";
import {
  signalNames,
  workWindow,
  type Answer,
  type ExecutionInput,
  type ExecutionResult,
  type StopSignal,
  type Work,
} from "./messages";
import { record } from "./proxies";

const poke = defineSignal(signalNames.poke);
const stop = defineSignal<[StopSignal?]>(signalNames.stop);

/**
 * One execution. Postgres says what is outstanding, this loop carries it out at Temporal, until Postgres says it has ended.
 * It remembers only what it has in flight: a lost answer, a reset or work made ready by others all end in the same question.
 */
export async function execution({ executionId }: ExecutionInput): Promise<ExecutionResult> {
  const inFlight = new Map<NodeExecutionId, { work: Work; over: Promise<void> }>();
  const waits = new CancellationScope();
  const now: { answer: Answer; look: boolean; backlog: boolean; draining: boolean } = {
    answer: nothing,
    look: false,
    backlog: false,
    draining: false,
  };

  const remotes = () => [...inFlight.values()].filter(({ work }) => work.kind === "remote").length;
  const hasRoom = () => now.backlog && remotes() <= workWindow / 2;

  function take(answer: Answer): void {
    if (now.answer.state !== "ended") now.answer = answer;
    now.backlog ||= answer.more;
    for (const work of answer.work) {
      if (now.draining || inFlight.has(work.id) || (work.kind === "remote" && remotes() >= workWindow)) continue;
      inFlight.set(work.id, { work, over: follow(work) });
    }
    setCurrentDetails(`**${now.answer.state}**, ${inFlight.size} in flight`);
  }

  async function follow(work: Work): Promise<void> {
    try {
      const answer = await (work.kind === "wait"
        ? waits.run(() => carryOut(executionId, work))
        : carryOut(executionId, work));
      inFlight.delete(work.id);
      if (answer) take(answer);
      else now.look = true;
    } catch (error) {
      inFlight.delete(work.id);
      if (CancellationScope.current().consideredCancelled || (work.kind === "wait" && waits.consideredCancelled))
        return;
      // What is recorded stands; else the node has failed, and a nested graph was stopped alone.
      const { settleChild, settleNode } = record;
      if (work.kind === "child") take(await settleChild(executionId, work.executionId));
      else take(await settleNode(executionId, work.id, endReasonOf(error)));
    }
  }

  setHandler(poke, () => void (now.look = true));
  setHandler(stop, (payload) => record.fence(executionId, "signal", payload ?? {}));

  try {
    take(await record.begin(executionId, workflowInfo().firstExecutionRunId));
    while (now.answer.state !== "ended") {
      if (now.draining || workflowInfo().continueAsNewSuggested) {
        now.draining = true;
        waits.cancel(); // timers are armed again from Postgres
        await condition(() => inFlight.size === 0);
        return await continueAsNew<typeof execution>({ executionId });
      }
      if (now.answer.state === "fenced")
        await condition(() => now.look, "5 seconds"); // a cancel is on its way
      else
        await condition(
          () => now.look || hasRoom() || now.answer.state !== "live" || workflowInfo().continueAsNewSuggested,
        );
      if (over(now.answer)) break;
      now.look = now.backlog = false;
      take(await record.outstanding(executionId, [...inFlight.keys()]));
    }
    if (now.answer.status === "TERMINATED") await condition(() => false, "10 seconds"); // so that it closes as cancelled
    return { status: now.answer.status ?? "TERMINATED", endReason: now.answer.endReason ?? null };
  } catch (error) {
    if (!isCancellation(error) || over(now.answer)) throw error;
    return await CancellationScope.nonCancellable(async () => {
      await record.fence(executionId, "cancel"); // joins the stop that is there
      const left = [...inFlight];
      await Promise.all(left.map(([, { over }]) => over));
      await record.settleUnderFence(
        executionId,
        left.map(([id]) => id),
      );
      throw error;
    });
  }
}

const nothing: Answer = { state: "live", work: [], more: false };

const over = (answer: Answer) => answer.state === "ended";
