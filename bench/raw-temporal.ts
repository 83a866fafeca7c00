import { randomUUID } from "node:crypto";
import { Context } from "@temporalio/activity";
import { Client, Connection, WorkflowFailedError } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { createHolds } from "./holds";
import type { chain, map, nested, remoteChain, tree } from "./raw-workflows";
import { addend, addLater, assertResult, type Side, type Workload } from "./workload";

/** The SDK sends one a second of them at most (`maxHeartbeatThrottleInterval`), and the answer tells of a cancel. */
const heartbeatEveryMs = 200;
const holds = createHolds();
/** While it grows a tree sends no heartbeats: 900 a second would take the server longer than to grow it. */
let isGrown = false;

const activities = {
  async add(value: number): Promise<number> {
    return value + addend;
  },
  addRemotely: addLater,
  async hold(): Promise<void> {
    const { cancellationSignal, heartbeat } = Context.current();
    const beat = setInterval(() => isGrown && heartbeat(), heartbeatEveryMs);
    try {
      await holds.hold(cancellationSignal);
    } finally {
      clearInterval(beat);
    }
  },
};
export type RawActivities = typeof activities;

const taskQueue = "raw-temporal";

/**
 * The same work written by hand on Temporal, with a worker, a connection and a task queue of its own. Options are the SDK's,
 * but for the pollers that it recommends and that Treeline's worker has too.
 */
export async function startRawTemporal(address: string, namespace: string): Promise<Side> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: require.resolve("./raw-workflows"),
    activities,
    workflowTaskPollerBehavior: { type: "autoscaling" },
    activityTaskPollerBehavior: { type: "autoscaling" },
    // As Treeline's worker has them: the defaults, 60 s and 100 slots, would lose the comparison of stops before it begins.
    maxHeartbeatThrottleInterval: "1 second",
    maxConcurrentActivityTaskExecutions: 1_000,
  });
  const run = worker.run();
  const clientConnection = await Connection.connect({ address });
  const { workflow } = new Client({ connection: clientConnection, namespace });

  async function execute(workload: Workload): Promise<number[]> {
    const options = { taskQueue, workflowId: `raw-${randomUUID()}` };
    switch (workload.kind) {
      case "chain":
        return [await workflow.execute<typeof chain>("chain", { ...options, args: [workload.nodes, 0] })];
      case "loop": // the same activities in the same order
        return [await workflow.execute<typeof chain>("chain", { ...options, args: [workload.nodes, 0] })];
      case "remote chain":
        return [await workflow.execute<typeof remoteChain>("remoteChain", { ...options, args: [workload.nodes, 0] })];
      case "nested":
        return workflow.execute<typeof nested>("nested", { ...options, args: [workload.graphs] });
      case "map":
        return workflow.execute<typeof map>("map", { ...options, args: [workload.items, workload.together] });
    }
  }

  return {
    async run(workload) {
      assertResult(workload, await execute(workload));
      return async () => {}; // its result is known because it has closed
    },
    async stopTree({ children, leaves }) {
      const workflowId = `raw-${randomUUID()}`;
      const root = await workflow.start<typeof tree>("tree", { taskQueue, workflowId, args: [[children, leaves]] });
      await holds.reached(children * leaves);
      isGrown = true;
      const asked = performance.now();
      await root.cancel();
      const answeredMs = performance.now() - asked;
      const quiet = await holds.quiet();
      await root.result().catch(assertCancelled);
      isGrown = false;
      return { answeredMs, quiescedMs: quiet - asked, closedMs: performance.now() - asked };
    },
    async stop() {
      worker.shutdown();
      await run;
      await clientConnection.close();
      await connection.close();
    },
  };
}

/** The root waits for its children's cancellation, so that nothing of the tree is open when it has closed. */
function assertCancelled(error: unknown): void {
  if (!(error instanceof WorkflowFailedError)) throw error;
}
