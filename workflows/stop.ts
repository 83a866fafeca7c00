import { ActivityCancellationType, CancellationScope, proxyActivities, setCurrentDetails } from "@temporalio/workflow";
import type { StopActivities } from "../activities/stop";
import type { StopInput, StopResult } from "./messages";

/** As long as it takes: each part is bounded by itself, and a worker that dies with one is known by its heartbeats. */
function activities(summary: string) {
  return proxyActivities<StopActivities>({
    summary,
    startToCloseTimeout: "365 days",
    heartbeatTimeout: "3 seconds",
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: "200 milliseconds", maximumInterval: "5 seconds" },
  });
}

/** What follows a fence, until the receipt is written. Where it stands is read from Postgres by every part, each idempotent. */
export async function stop({ stopId }: StopInput): Promise<StopResult> {
  // A cancel sent to the follow-up itself changes nothing: what is fenced has to be ended.
  return CancellationScope.nonCancellable(async () => {
    setCurrentDetails("**fenced**: sweeping what has not started, cancelling, waiting for what runs");
    const [, cancelled] = await Promise.all([
      activities("sweep, wait for quiet").quiesce(stopId),
      activities("cancel workflows").cancel(stopId),
    ]);
    setCurrentDetails(`**quiesced**: ${cancelled} workflows cancelled; waiting for them to close`);
    const terminated = await activities("see workflows closed").seeClosed(stopId);
    const outcome = await activities("write the receipt").writeReceipt(stopId);
    setCurrentDetails(`**closed**, ${outcome}: ${cancelled} workflows cancelled, ${terminated} terminated`);
    return { outcome, cancelled, terminated };
  });
}
