import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { RecordActivities } from "../activities/index";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import { timeoutSlackMs, type Answer, type RemoteWork } from "./messages";

/** Questions to Postgres and steps: local activities, one marker each in the history and no round trip to the server. */
export const record = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: "1 minute",
  retry: { initialInterval: "100 milliseconds", maximumInterval: "5 seconds" },
});

type NodeActivity = (call: {
  executionId: ExecutionId;
  id: NodeExecutionId;
  attempts: number;
  timeoutMs: number;
}) => Promise<Answer>;

/** Attempts beyond the block's own, for workers that die with one: whether a failed block is tried again is its own count. */
const attemptsForLostWorkers = 4;

export function runNode(executionId: ExecutionId, work: RemoteWork): Promise<Answer> {
  const { id, label, block, attempts, timeoutMs, firstIntervalMs, backoff, maxIntervalMs } = work;
  const nodes = proxyActivities<Record<string, NodeActivity>>({
    summary: label,
    startToCloseTimeout: timeoutMs + timeoutSlackMs,
    heartbeatTimeout: "10 seconds",
    // The typings promise this default, the code does not: unset, a cancel would not wait for the node's end.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      maximumAttempts: attempts + attemptsForLostWorkers,
      initialInterval: firstIntervalMs,
      backoffCoefficient: backoff,
      maximumInterval: Math.max(firstIntervalMs, maxIntervalMs),
    },
  });
  return (nodes[block] as NodeActivity)({ executionId, id, attempts, timeoutMs });
}
