import { randomBytes } from "node:crypto";
import { Client, Connection } from "@temporalio/client";
import { testVariable } from "./variables";

export type TestTemporal = {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** Nobody else's: workers of one test never see the work of another. */
  readonly taskQueue: string;
  /** Closed when the file's tests are over. */
  readonly client: Client;
  /** For `Worker.create`: the workflows, bundled once for the run. */
  readonly workflowBundle: { readonly codePath: string };
};

let connection: Connection | undefined;

/** The run's Temporal dev server, with a task queue for the running test. */
export async function testTemporal(): Promise<TestTemporal> {
  const address = testVariable("temporal");
  connection ??= await Connection.connect({ address });
  return {
    address,
    namespace: "default",
    taskQueue: `test-${randomBytes(6).toString("hex")}`,
    client: new Client({ connection }),
    workflowBundle: { codePath: testVariable("bundle") },
  };
}

afterAll(async () => {
  await connection?.close();
  connection = undefined;
});
