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
import type { Json } from "../graph/json";
import { InFlight } from "./in-flight";
import {
  longestRun,
  signalNames,
  type Answer,
  type ExecutionInput,
  type ExecutionResult,
  type StopSignal,
} from "./messages";
import { record } from "./proxies";

const poke = defineSignal(signalNames.poke);
const stop = defineSignal<[StopSignal?]>(signalNames.stop);
const pause = defineSignal<[Json?]>(signalNames.pause);
const resume = defineSignal<[Json?]>(signalNames.resume);
const answer = defineSignal<[Json?]>(signalNames.answer);

/**
 * One execution. Postgres says what is outstanding, this loop carries it out at Temporal, until Postgres says it has ended.
 * It remembers only what it has in flight: a lost answer, a reset or work made ready by others all end in the same question.
 */
export async function execution({ executionId, eventsAtMost }: ExecutionInput): Promise<ExecutionResult> {
  const now: { answer: Answer; look: boolean; backlog: boolean } = { answer: nothing, look: false, backlog: false };
  // That it was held when something ended may be over by now: asked for again.
  const inFlight = new InFlight(executionId, (answer) =>
    answer && answer.state !== "held" ? take(answer) : (now.look = true),
  );
  let begun = false;

  async function ask(): Promise<void> {
    const answer = begun
      ? await record.outstanding(executionId, inFlight.ids)
      : await record.begin(executionId, workflowInfo().firstExecutionRunId);
    begun ||= answer.state !== "held";
    take(answer);
  }
  function take(answer: Answer): void {
    if (!hasEnded()) now.answer = answer;
    const fits = draining() || inFlight.start(answer.work);
    now.backlog ||= answer.more || !fits;
    setCurrentDetails(`**${now.answer.state}**, ${inFlight.ids.length} in flight`);
  }
  const hasEnded = () => now.answer.state === "ended";
  // Continuing as new would end nested graphs: while some run, and the history bears it, the run goes on and starts new work.
  let leaving = false;
  const draining = () => leaving || (isLong() && (!inFlight.hasChildren || isTooLong()));
  const isLong = () =>
    workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > (eventsAtMost ?? Infinity);
  const isTooLong = () => workflowInfo().historyLength > (eventsAtMost ?? longestRun.suggestedAt) * longestRun.factor;
  const isReleased = () => now.look || now.answer.state !== "held";
  const isDue = () => now.look || (now.backlog && inFlight.hasRoom) || now.answer.state !== "live" || draining();

  setHandler(poke, () => void (now.look = true));
  // Shielded: were a cancel to end it, its rejection would close the workflow before anything is settled.
  const shielded = (act: () => Promise<void>) => CancellationScope.nonCancellable(act);
  setHandler(stop, (payload) => shielded(() => record.fenceSignalled(executionId, payload ?? {})));
  setHandler(pause, (payload = null) => shielded(() => record.holdSignalled(executionId, "pause", payload)));
  setHandler(resume, (payload = null) => shielded(() => record.holdSignalled(executionId, "resume", payload)));
  setHandler(answer, (payload = null) => shielded(() => record.answerSignalled(executionId, payload)));

  try {
    await ask();
    const endedBefore = hasEnded();
    while (!hasEnded()) {
      if (draining()) {
        leaving = true; // from here on nothing is started
        inFlight.leaveWaits();
        await inFlight.allEnded();
        if (hasEnded()) break;
        // A cancel does not carry over to the next run.
        if (CancellationScope.current().consideredCancelled) throw new CancelledFailure("cancelled while it drained");
        return await continueAsNew<typeof execution>(
          eventsAtMost === undefined ? { executionId } : { executionId, eventsAtMost },
        );
      }
      // Under a fence a cancel is on its way; should it be lost, the record is asked again.
      if (now.answer.state === "fenced") await condition(() => now.look, "5 seconds");
      else await condition(now.answer.state === "held" ? isReleased : isDue);
      if (hasEnded()) break;
      now.look = now.backlog = false;
      await ask();
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
    const over = left.filter((id) => !inFlight.isSilent(id));
    await record.settleUnderFence(executionId, over);
  }
}

const nothing: Answer = { state: "live", work: [], more: false };
