import { bundleWorkflowCode } from "@temporalio/worker";

/** The workflow code as one script, for `workflowBundle`. Takes about 2 s: production does it at build time. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  const workflowsPath = require.resolve("../workflows/index");
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    // Their modules keep nothing (test/bundle.test.ts), so that all workflows share them: else each evaluates them anew, 0.5 ms.
    preloadModules: [workflowsPath],
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, log() {} },
  });
  return { code };
}
