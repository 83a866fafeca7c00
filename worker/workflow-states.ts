import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import type { ExecutionId, StopId } from "../graph/ids";

/** What Temporal says of one workflow. `missing` is its own answer; no answer at all throws. */
export type WorkflowState =
  /** `idle`: it waits for a timer or a signal, and nothing else is on its way to it. */
  | { readonly kind: "open"; readonly idle: boolean }
  | { readonly kind: "missing" }
  | { readonly kind: "closed"; readonly status: string; readonly at: Date | null };

export type Closing = { readonly reason: string | null; readonly by: string | null };

/** Temporal as the auditor asks it. Every call has a deadline and throws where Temporal does not answer. */
export type WorkflowStates = {
  /** Of its latest run. */
  describe(id: ExecutionId | StopId): Promise<WorkflowState>;
  /** What was said when it was terminated. */
  readClosing(id: ExecutionId): Promise<Closing>;
  /** Ids of open executions, some hundreds a page; null: the last page. */
  listOpen(page: Uint8Array | null): Promise<{ readonly ids: string[]; readonly next: Uint8Array | null }>;
  /** Ids of executions that ended otherwise than by themselves in the last minutes, the latest first. */
  listEnded(): Promise<string[]>;
  terminate(id: ExecutionId, reason: string): Promise<void>;
};

const answerWithinMs = 5_000;
const listed = 500;
/** Longer than a round at its slowest. */
const endedWithinMs = 120_000;
/** HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT of Temporal's API. */
const closeEvent = 2;

export function createWorkflowStates(client: Client, taskQueue: string): WorkflowStates {
  const { namespace } = client.options;
  const ask = <T>(question: () => Promise<T>) => client.withDeadline(Date.now() + answerWithinMs, question);
  const ofExecutions = `WorkflowType = 'execution' AND TaskQueue = '${taskQueue}'`;

  async function list(query: string, page: Uint8Array | null) {
    const { executions, nextPageToken } = await ask(() =>
      client.workflowService.listWorkflowExecutions({
        namespace,
        query: `${ofExecutions} AND ${query}`,
        pageSize: listed,
        nextPageToken: page,
      }),
    );
    const ids = executions.flatMap(({ execution }) => execution?.workflowId ?? []);
    return { ids, next: nextPageToken.length > 0 ? nextPageToken : null };
  }

  return {
    async describe(id) {
      try {
        const { status, closeTime, raw } = await ask(() => client.workflow.getHandle(id).describe());
        if (status.name !== "RUNNING") return { kind: "closed", status: status.name, at: closeTime ?? null };
        const { pendingActivities, pendingChildren, pendingWorkflowTask } = raw;
        return { kind: "open", idle: !pendingActivities?.length && !pendingChildren?.length && !pendingWorkflowTask };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { kind: "missing" };
        throw error;
      }
    },
    async readClosing(workflowId) {
      const { history } = await ask(() =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId },
          historyEventFilterType: closeEvent,
        }),
      );
      const said = history?.events?.at(-1)?.workflowExecutionTerminatedEventAttributes;
      return { reason: said?.reason || null, by: said?.identity || null };
    },
    listOpen: (page) => list("ExecutionStatus = 'Running'", page),
    async listEnded() {
      const since = new Date(Date.now() - endedWithinMs).toISOString();
      const ended = "ExecutionStatus IN ('Terminated', 'Canceled', 'Failed', 'TimedOut')";
      return (await list(`${ended} AND CloseTime > '${since}'`, null)).ids;
    },
    async terminate(id, reason) {
      await ask(() => client.workflow.getHandle(id).terminate(reason));
    },
  };
}
