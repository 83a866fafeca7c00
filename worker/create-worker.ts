import { type NativeConnection, Worker, type WorkerOptions } from "@temporalio/worker";

/** In-flight nodes of one worker. Waiting for I/O is cheap; no cap per host stands below it. */
const remoteSlots = 1_000;

export type WorkerSetup = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: { code: string };
  readonly activities: object;
};

/** The options that matter, written out; why is in docs/architecture.md. */
export function createWorker({
  connection,
  namespace,
  taskQueue,
  workflowBundle,
  activities,
}: WorkerSetup): Promise<Worker> {
  const options: WorkerOptions = {
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities,
    // How late a heartbeat learns of a cancel; the defaults are 60 s and 30 s.
    maxHeartbeatThrottleInterval: "1 second",
    defaultHeartbeatThrottleInterval: "1 second",
    // The default is 0: running nodes would be cancelled at once. SIGTERM has to be done within 10 s.
    shutdownGraceTime: "3 seconds",
    shutdownForceTime: "6 seconds",
    workflowTaskPollerBehavior: { type: "autoscaling" },
    activityTaskPollerBehavior: { type: "autoscaling" },
    maxConcurrentActivityTaskExecutions: remoteSlots,
    maxConcurrentLocalActivityExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 40,
  };
  return Worker.create(options);
}
