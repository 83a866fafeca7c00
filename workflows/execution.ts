import {
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import { InFlight } from "./in-flight";
import { signalNames, type Answer, type ExecutionInput, type ExecutionResult, type StopSignal } from "./messages";
import { record } from "./proxies";

const poke = defineSignal(signalNames.poke);
const stop = defineSignal<[StopSignal?]>(signalNames.stop);

/**
 * One execution. Postgres says what is outstanding, this loop carries it out at Temporal, until Postgres says it has ended.
 * It remembers only what it has in flight: a lost answer, a reset or work made ready by others all end in the same question.
 */
export async function execution({ executionId }: ExecutionInput): Promise<ExecutionResult> {
  const now: { answer: Answer; look: boolean; backlog: boolean } = { answer: nothing, look: false, backlog: false };
  const inFlight = new InFlight(executionId, (answer) => (answer ? take(answer) : (now.look = true)));

  function take(answer: Answer): void {
    if (!hasEnded()) now.answer = answer;
    const fits = draining() || inFlight.start(answer.work);
    now.backlog ||= answer.more || !fits;
    setCurrentDetails(`**${now.answer.state}**, ${inFlight.ids.length} in flight`);
  }
  const hasEnded = () => now.answer.state === "ended";
  const draining = () => workflowInfo().continueAsNewSuggested;
  const isDue = () => now.look || (now.backlog && inFlight.hasRoom) || now.answer.state !== "live" || draining();

  setHandler(poke, () => void (now.look = true));
  // Shielded: were a cancel to end it, its rejection would close the workflow before anything is settled.
  setHandler(stop, (payload) =>
    CancellationScope.nonCancellable(() => record.fenceSignalled(executionId, payload ?? {})),
  );

  try {
    take(await record.begin(executionId, workflowInfo().firstExecutionRunId));
    const endedBefore = hasEnded();
    while (!hasEnded()) {
      if (draining()) {
        inFlight.leaveWaits();
        await inFlight.allEnded();
        // A cancel does not carry over to the next run.
        if (CancellationScope.current().consideredCancelled) throw new CancelledFailure("cancelled while it drained");
        return await continueAsNew<typeof execution>({ executionId });
      }
      // Under a fence a cancel is on its way; should it be lost, the record is asked again.
      if (now.answer.state === "fenced") await condition(() => now.look, "5 seconds");
      else await condition(isDue);
      if (hasEnded()) break;
      now.look = now.backlog = false;
      take(await record.outstanding(executionId, inFlight.ids));
    }
    // Waited for, so that the Web UI shows a stopped one as cancelled.
    if (now.answer.status === "TERMINATED" && !endedBefore) await condition(() => false, "3 seconds");
    return { status: now.answer.status ?? "TERMINATED", endReason: now.answer.endReason ?? null };
  } catch (error) {
    if (isCancellation(error) && !hasEnded()) await CancellationScope.nonCancellable(settleCancelled);
    throw error;
  }

  /** Postgres first, then the workflow closes. */
  async function settleCancelled(): Promise<void> {
    const left = inFlight.ids;
    take(await record.fenceCancelled(executionId));
    if (hasEnded()) return;
    await inFlight.allEnded();
    await record.settleUnderFence(executionId, left);
  }
}

const nothing: Answer = { state: "live", work: [], more: false };
