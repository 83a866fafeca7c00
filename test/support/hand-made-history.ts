const base64 = (text: string) => Buffer.from(text).toString("base64");
const payloads = (...values: unknown[]) => ({
  payloads: values.map((value) => ({
    metadata: { encoding: base64("json/plain") },
    data: base64(JSON.stringify(value)),
  })),
});
const taskQueue = { name: "treeline" };
const runId = "11111111-1111-1111-1111-111111111111";
const flags = {
  coreUsedFlags: [1, 2, 3],
  langUsedFlags: [1, 2, 3, 4, 5, 6],
  sdkName: "temporal-typescript",
  sdkVersion: "1.24.0",
};
const anHourAgo = Date.UTC(2026, 0, 1);

/** A history written event by event, for races that no live server can be timed into. */
export class HandMadeHistory {
  readonly events: object[] = [];
  /** Of the last completed workflow task: commands refer to it. */
  private completed = "0";

  constructor(workflowType: string, input: unknown) {
    const ids = { originalExecutionRunId: runId, firstExecutionRunId: runId };
    const workflow = { workflowType: { name: workflowType }, taskQueue, attempt: 1, workflowTaskTimeout: "10s" };
    this.add("WORKFLOW_EXECUTION_STARTED", { ...workflow, ...ids, input: payloads(input) });
  }

  /** Answers the event's id. */
  add(type: string, attributes: object): string {
    const eventId = String(this.events.length + 1);
    const key = `${type.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())}EventAttributes`;
    this.events.push({
      eventId,
      eventTime: new Date(anHourAgo + this.events.length * 5).toISOString(),
      taskId: String(1_000 + this.events.length),
      eventType: `EVENT_TYPE_${type}`,
      [key]: { workflowTaskCompletedEventId: this.completed, ...attributes },
    });
    return eventId;
  }

  workflowTask(started: { readonly suggestContinueAsNew?: boolean } = {}): void {
    const scheduledEventId = this.add("WORKFLOW_TASK_SCHEDULED", { taskQueue, startToCloseTimeout: "10s", attempt: 1 });
    const startedEventId = this.add("WORKFLOW_TASK_STARTED", { scheduledEventId, requestId: "r", ...started });
    this.completed = this.add("WORKFLOW_TASK_COMPLETED", { scheduledEventId, startedEventId, sdkMetadata: flags });
  }

  /** A local activity that has answered; `number` counts activities of both kinds from 1. */
  answered(number: number, type: string, result: unknown): void {
    this.add("MARKER_RECORDED", { ...marker(number, type, payloads(result)) });
  }

  /** A local activity that a cancel has ended. */
  cancelled(number: number, type: string): void {
    const activity = { activityType: { name: type }, activityId: String(number) };
    const failure = { message: "cancelled", cause: { canceledFailureInfo: {} }, activityFailureInfo: activity };
    this.add("MARKER_RECORDED", { ...marker(number, type), failure });
  }

  /** An activity, scheduled; answers what its end refers to. */
  activity(number: number, type: string) {
    const activity = { activityId: String(number), activityType: { name: type }, taskQueue };
    const scheduledEventId = this.add("ACTIVITY_TASK_SCHEDULED", activity);
    return {
      /** It has failed for good. */
      fail: () => {
        const failure = { message: "", applicationFailureInfo: { type: "busy", nonRetryable: true } };
        this.add("ACTIVITY_TASK_FAILED", { ...this.started(scheduledEventId), failure });
      },
      complete: (result: unknown) => {
        this.add("ACTIVITY_TASK_COMPLETED", { ...this.started(scheduledEventId), result: payloads(result) });
      },
    };
  }

  private started(scheduledEventId: string) {
    return { scheduledEventId, startedEventId: this.add("ACTIVITY_TASK_STARTED", { scheduledEventId, attempt: 1 }) };
  }
}

function marker(number: number, type: string, result?: object) {
  const at = { seconds: 1_795_254_313, nanos: 0 };
  const data = {
    seq: number,
    attempt: 1,
    activity_id: String(number),
    activity_type: type,
    complete_time: at,
    backoff: null,
    original_schedule_time: at,
  };
  return { markerName: "core_local_activity", details: { data: payloads(data), ...(result ? { result } : {}) } };
}
