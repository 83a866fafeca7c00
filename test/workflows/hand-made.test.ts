import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from "@temporalio/worker";
import { HandMadeHistory } from "../support/hand-made-history";
import { testVariable } from "../support/variables";
import type { Answer, Work } from "../../workflows/messages";

beforeAll(() => {
  const filter = makeTelemetryFilterString({ core: "ERROR", other: "ERROR" });
  Runtime.install({ logger: new DefaultLogger("ERROR"), telemetryOptions: { logging: { forward: {}, filter } } });
});

/** An execution that has begun with something to do. */
function setup(...works: object[]): HandMadeHistory {
  const history = new HandMadeHistory("execution", { executionId: "e1" });
  history.workflowTask();
  history.answered(1, "begin", { state: "live", work: works as Work[], more: false } satisfies Answer);
  return history;
}

const replay = ({ events }: HandMadeHistory) =>
  Worker.runReplayHistory({ workflowBundle: { codePath: testVariable("bundle") } }, { events }, "e1");

const remote = {
  kind: "remote",
  id: "n1",
  label: "",
  block: "Flaky",
  timeoutMs: 1_000,
  attempts: 1,
  firstIntervalMs: 1,
  backoff: 2,
  maxIntervalMs: 1,
};
const nothingNew: Answer = { state: "live", work: [], more: false };
const fenced: Answer = { state: "fenced", work: [], more: false };
const stopped: Answer = { state: "ended", work: [], more: false, status: "TERMINATED", endReason: "stopped" };

test("a cancel that comes while a failed node is being settled closes the workflow as cancelled", async () => {
  const history = setup(remote);
  history.activity(2, "Flaky").fail();
  history.workflowTask(); // settleNode takes so long that the workflow task is kept alive
  history.add("WORKFLOW_EXECUTION_CANCEL_REQUESTED", {});
  history.workflowTask();
  history.cancelled(3, "settleNode");
  history.answered(4, "fenceCancelled", fenced);
  history.answered(5, "settleUnderFence", stopped);
  history.add("WORKFLOW_EXECUTION_CANCELED", {});
  await expect(replay(history)).resolves.toBeUndefined();
});

test("a cancel that does not find the nested graph, as its start was late, waits for its end", async () => {
  const child = { workflowId: "e2", workflowType: { name: "execution" } };
  const workflowExecution = { workflowId: "e2", runId: "22222222-2222-2222-2222-222222222222" };
  const history = setup({ kind: "child", id: "n1", label: "", executionId: "e2", rootId: "e1", graphId: "g" });
  const initiatedEventId = history.add("START_CHILD_WORKFLOW_EXECUTION_INITIATED", {
    ...child,
    parentClosePolicy: "PARENT_CLOSE_POLICY_TERMINATE",
  });
  history.add("WORKFLOW_EXECUTION_CANCEL_REQUESTED", {});
  history.workflowTask();
  const cancel = history.add("REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", {
    workflowExecution: { workflowId: "e2" },
  });
  history.answered(2, "fenceCancelled", fenced);
  history.add("REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED", {
    initiatedEventId: cancel,
    workflowExecution: { workflowId: "e2" },
    cause: "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
  });
  history.workflowTask();
  const started = { workflowExecution, workflowType: child.workflowType, initiatedEventId };
  const startedEventId = history.add("CHILD_WORKFLOW_EXECUTION_STARTED", started);
  history.workflowTask();
  // Its first act is to look for the fence: it closes at once.
  history.add("CHILD_WORKFLOW_EXECUTION_COMPLETED", { ...started, startedEventId });
  history.workflowTask();
  history.answered(3, "settleUnderFence", stopped);
  history.add("WORKFLOW_EXECUTION_CANCELED", {});
  await expect(replay(history)).resolves.toBeUndefined();
});

test("a workflow that grows long leaves its timers, waits for what runs, and goes on in a new run", async () => {
  const history = setup({ kind: "wait", id: "n2", label: "", delayMs: 60_000 }, remote);
  const startedEventId = history.add("TIMER_STARTED", { timerId: "1", startToFireTimeout: "60s" });
  const node = history.activity(2, "Flaky");
  history.add("WORKFLOW_EXECUTION_SIGNALED", { signalName: "poke" });
  history.workflowTask({ suggestContinueAsNew: true });
  history.answered(3, "outstanding", nothingNew);
  history.add("TIMER_CANCELED", { timerId: "1", startedEventId });
  node.complete(nothingNew);
  history.workflowTask({ suggestContinueAsNew: true });
  history.add("WORKFLOW_EXECUTION_CONTINUED_AS_NEW", { workflowType: { name: "execution" } });
  await expect(replay(history)).resolves.toBeUndefined();
});

test("a cancel that comes while a long workflow waits for what runs is not lost in the new run", async () => {
  const history = setup(remote);
  const node = history.activity(2, "Flaky");
  history.add("WORKFLOW_EXECUTION_SIGNALED", { signalName: "poke" });
  history.workflowTask({ suggestContinueAsNew: true });
  history.answered(3, "outstanding", nothingNew);
  history.add("WORKFLOW_EXECUTION_CANCEL_REQUESTED", {});
  history.workflowTask({ suggestContinueAsNew: true });
  history.add("ACTIVITY_TASK_CANCEL_REQUESTED", { scheduledEventId: "6" });
  node.complete(fenced);
  history.workflowTask({ suggestContinueAsNew: true });
  history.answered(4, "fenceCancelled", fenced);
  history.answered(5, "settleUnderFence", stopped);
  history.add("WORKFLOW_EXECUTION_CANCELED", {});
  await expect(replay(history)).resolves.toBeUndefined();
});
