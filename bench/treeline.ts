import type { Logger } from "pino";
import { startApi } from "../api/process";
import { catalogOf, createRegistry } from "../blocks/registry";
import type { Config } from "../config/env";
import { migrate } from "../db/migrate";
import type { GraphDraft } from "../graph/definition";
import { createHttp } from "../local/story-http";
import type { Services } from "../local/services";
import { startWorker } from "../worker/process";
import { addRemotely, graphOf, tickRemotely, tickingOf, holdBlock, treeOf } from "./graphs";
import { openFollowers } from "./followers";
import { createHolds } from "./holds";
import { assertResult, type Side } from "./workload";

/** Treeline as `npm run dev` runs it, worker and api in one process; a run is one HTTP call that waits for the end. */
export async function startTreeline(config: Config, services: Services, log: Logger): Promise<Side> {
  const { databaseUrl, databaseDirectUrl, temporalAddress, temporalUiUrl } = services;
  await migrate(databaseUrl);
  const shared = { config, databaseUrl, databaseDirectUrl, temporalAddress, log };
  const holds = createHolds();
  const blocks = [addRemotely, tickRemotely, holdBlock(holds)];
  const worker = await startWorker({ ...shared, blocks });
  const catalog = catalogOf(createRegistry(blocks));
  const api = await startApi({ ...shared, temporalUiUrl, client: worker.client, catalog });
  const http = createHttp(api.url);
  const graphs = new Map<string, Promise<{ id: string }>>();

  function saved<Shape>(shape: Shape, draft: (shape: Shape) => GraphDraft): Promise<{ id: string }> {
    const key = JSON.stringify(shape);
    const graph = graphs.get(key) ?? http.createGraph(draft(shape));
    graphs.set(key, graph);
    return graph;
  }

  return {
    async run(workload) {
      const { id: graphId } = await saved(workload, graphOf);
      const inputs = workload.kind === "nested" || workload.kind === "map" ? {} : { value: 0 };
      let execution = await http.start(graphId, inputs, "120s");
      if (execution.endReason === null) {
        await worker.client.workflow.getHandle(execution.id).result(); // it takes longer than a caller may wait
        execution = await http.readExecution(execution.id);
      }
      const { id, status, outputs } = execution;
      if (status !== "COMPLETED") throw new Error(`${workload.kind}: execution ${id} is ${status}`);
      const results = outputs["result"] ?? [];
      assertResult(workload, (workload.kind === "map" ? results.flat() : results).map(Number));
      return async () => void (await worker.client.workflow.getHandle(id).result());
    },
    async stopTree(tree) {
      const { id: graphId } = await saved(tree, treeOf);
      const { id } = await http.start(graphId, {});
      await holds.reached(tree.children * tree.leaves);
      const [asked, askedAt] = [performance.now(), Date.now()];
      const { id: stopId } = await http.stop(id, "measured", "0s");
      const answeredMs = performance.now() - asked;
      const quiet = await holds.quiet();
      const { outcome, phases } = await http.readStop(stopId, "120s");
      if (outcome !== "stopped") throw new Error(`the stop of ${id} ended as ${outcome}`);
      const since = (at: string | null) => Date.parse(at ?? "") - askedAt;
      const quiescedMs = Math.max(quiet - asked, since(phases.quiescedAt));
      return { fencedMs: since(phases.fencedAt), answeredMs, quiescedMs, closedMs: since(phases.closedAt) };
    },
    async followEvents(clients, ticks) {
      const { id: graphId } = await saved(ticks, tickingOf);
      const { id } = await http.start(graphId, {});
      const lateness = await openFollowers(`${api.url}/v1/executions/${id}/events`, clients);
      return lateness();
    },
    async stop() {
      await api.stop();
      await worker.stop();
    },
  };
}
