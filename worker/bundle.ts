import { bundleWorkflowCode } from "@temporalio/worker";

/** The workflow code as one script, for `workflowBundle`. Takes about 2 s: production does it at build time. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve("../workflows/index"),
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, log() {} },
  });
  return { code };
}
