import { randomUUID } from "node:crypto";
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import type { chain, nested, remoteChain } from "./raw-workflows";
import { addend, addLater, assertResult, type Side, type Workload } from "./workload";

const activities = {
  async add(value: number): Promise<number> {
    return value + addend;
  },
  addRemotely: addLater,
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
  });
  const run = worker.run();
  const clientConnection = await Connection.connect({ address });
  const { workflow } = new Client({ connection: clientConnection, namespace });

  async function execute(workload: Workload): Promise<number[]> {
    const options = { taskQueue, workflowId: `raw-${randomUUID()}` };
    switch (workload.kind) {
      case "chain":
        return [await workflow.execute<typeof chain>("chain", { ...options, args: [workload.nodes, 0] })];
      case "remote chain":
        return [await workflow.execute<typeof remoteChain>("remoteChain", { ...options, args: [workload.nodes, 0] })];
      case "nested":
        return workflow.execute<typeof nested>("nested", { ...options, args: [workload.graphs] });
    }
  }

  return {
    async run(workload) {
      assertResult(workload, await execute(workload));
      return async () => {}; // its result is known because it has closed
    },
    async stop() {
      worker.shutdown();
      await run;
      await clientConnection.close();
      await connection.close();
    },
  };
}
