import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  sleep,
  TimeoutFailure,
} from "@temporalio/workflow";
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
} from "@temporalio/common";
import type { ExecutionId } from "../graph/ids";
import { leftBehind, searchAttributeNames, type Answer, type ExecutionInput, type Work } from "./messages";
import { record, runNode } from "./proxies";

const rootKey = defineSearchAttributeKey(searchAttributeNames.root, SearchAttributeType.KEYWORD);
const graphKey = defineSearchAttributeKey(searchAttributeNames.graph, SearchAttributeType.KEYWORD);

/** After a reset the nested graph may still be open under its former parent run: how often its end is looked for. */
const lookAgainAfter = "5 seconds";

/** null: it has ended, and what follows is to be asked for. */
export async function carryOut(executionId: ExecutionId, work: Work): Promise<Answer | null> {
  switch (work.kind) {
    case "remote":
      return runNode(executionId, work);
    case "wait":
      await sleep(work.delayMs, { summary: work.label });
      return record.wake(executionId, work.id);
    case "child": {
      const attributes = [
        { key: rootKey, value: work.rootId },
        { key: graphKey, value: work.graphId },
      ];
      const options = {
        workflowId: work.executionId,
        args: [{ executionId: work.executionId } satisfies ExecutionInput],
        // Together: a clean stop bottom-up while workers live, and the server ends what is left when the parent closes.
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        typedSearchAttributes: attributes,
        staticSummary: work.label.slice(0, 100),
      };
      try {
        await executeChild("execution", options);
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        await sleep(lookAgainAfter);
      }
      return null;
    }
  }
}

/** Nothing was heard of it in time. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof TimeoutFailure;
}

/** Its worker says that its code may still run. */
export function isLeftBehind(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === leftBehind;
}

/** How Temporal ended a piece of work that gave no answer; what the record says wins. */
export function endReasonOf(error: unknown): "lost" | "timed_out" {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === "START_TO_CLOSE" ? "timed_out" : "lost";
}
