// node local/temporal-download-child.mjs <folder>: the SDK downloads its Temporal CLI into the folder, in a process of its own so that
// it can be ended after its time. The SDK has no call for the download alone: it starts the server, and we stop it.
import process from "node:process";
import { TestWorkflowEnvironment } from "@temporalio/testing";

const executable = { type: "cached-download", downloadDir: process.argv[2] };
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } });
await environment.teardown();
