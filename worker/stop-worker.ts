import { WorkflowNotFoundError, type Client } from "@temporalio/client";
import { Worker, type NativeConnection } from "@temporalio/worker";
import type { Logger } from "pino";
import { createStopActivities, type StopPoint, type Workflows } from "../activities/stop";
import { connect } from "../db/client";
import { createWaker } from "../db/wake";
import { stopQueue } from "../workflows/messages";

export type StopWorkerSetup = {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  /** Of the executions. */
  readonly taskQueue: string;
  readonly workflowBundle: { code: string };
  readonly databaseUrl: string;
  readonly reached: ((point: StopPoint) => void) | undefined;
  readonly log: Logger;
};

/** Its own, so that stops go on where all other connections wait. */
const connections = 4;

/** The worker that follows stops, and nothing else. Whoever runs it closes `db` after it. */
export async function createStopWorker(setup: StopWorkerSetup) {
  const { connection, client, namespace, taskQueue, workflowBundle, databaseUrl, reached, log } = setup;
  const db = connect(databaseUrl, { max: connections });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: stopQueue(taskQueue),
    workflowBundle,
    activities: createStopActivities({ db, workflows: workflowsOf(client), wake: createWaker(db), reached, log }),
    maxHeartbeatThrottleInterval: "1 second",
    // Where a worker dies another one takes its stops over: the default keeps them for 10 s.
    stickyQueueScheduleToStartTimeout: "2 seconds",
    shutdownGraceTime: 0,
    shutdownForceTime: "6 seconds",
    maxConcurrentActivityTaskExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 10,
    maxCachedWorkflows: 100,
  });
  return { worker, db };
}

function workflowsOf(client: Client): Workflows {
  return {
    cancel: (id, firstRunId) =>
      isKnown(client.workflow.getHandle(id, undefined, firstRunId ? { firstExecutionRunId: firstRunId } : {}).cancel()),
    terminate: (id, reason) => isKnown(client.workflow.getHandle(id).terminate(reason)),
    async isOpen(id) {
      try {
        return (await client.workflow.getHandle(id).describe()).status.name === "RUNNING";
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}

/** false: Temporal knows no such workflow, or no open one. */
async function isKnown(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
