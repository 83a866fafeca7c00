import type { Logger } from "pino";
import { startApi } from "../api/process";
import { catalogOf, createRegistry } from "../blocks/registry";
import type { Config } from "../config/env";
import { migrate } from "../db/migrate";
import { createHttp } from "../local/story-http";
import type { Services } from "../local/services";
import { startWorker } from "../worker/process";
import { addRemotely, graphOf } from "./graphs";
import { assertResult, type Side, type Workload } from "./workload";

/** Treeline as `npm run dev` runs it, worker and api in one process; a run is one HTTP call that waits for the end. */
export async function startTreeline(config: Config, services: Services, log: Logger): Promise<Side> {
  const { databaseUrl, databaseDirectUrl, temporalAddress, temporalUiUrl } = services;
  await migrate(databaseUrl);
  const shared = { config, databaseUrl, databaseDirectUrl, temporalAddress, log };
  const blocks = [addRemotely];
  const worker = await startWorker({ ...shared, blocks });
  const catalog = catalogOf(createRegistry(blocks));
  const api = await startApi({ ...shared, temporalUiUrl, client: worker.client, catalog });
  const http = createHttp(api.url);
  const graphs = new Map<string, Promise<{ id: string }>>();

  function saved(workload: Workload): Promise<{ id: string }> {
    const key = JSON.stringify(workload);
    const graph = graphs.get(key) ?? http.createGraph(graphOf(workload));
    graphs.set(key, graph);
    return graph;
  }

  return {
    async run(workload) {
      const { id: graphId } = await saved(workload);
      const inputs = workload.kind === "nested" ? {} : { value: 0 };
      const { id, status, outputs } = await http.start(graphId, inputs, "60s");
      if (status !== "COMPLETED") throw new Error(`${workload.kind}: execution ${id} is ${status}`);
      assertResult(workload, (outputs["result"] ?? []).map(Number));
      return async () => void (await worker.client.workflow.getHandle(id).result());
    },
    async stop() {
      await api.stop();
      await worker.stop();
    },
  };
}
