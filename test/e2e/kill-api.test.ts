import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { freePort } from "../../local/ports";
import { startEngine } from "../support/engine";
import { ownerId } from "../support/factory";
import { faultsOf } from "../support/record";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";
import { runMain } from "./programs";

/** Takes connections and never says a word. */
async function startDeafServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test("a start that was committed by an api that is killed before Temporal knows of it runs all the same, once", async () => {
  await using engine = await startEngine();
  const { address } = await testTemporal();
  const deaf = await startDeafServer();
  const graph = await engine.save(
    draft([node("x", "AgentInput", { name: "x" }), node("y", "AgentOutput", { name: "y" })], ["x.result -> y.value"]),
  );
  const runApi = async (temporalAddress: string) => {
    const port = await freePort();
    const api = runMain("api/main.ts", {
      PORT: String(port),
      DATABASE_URL: engine.url,
      TEMPORAL_ADDRESS: temporalAddress,
      TREELINE_TASK_QUEUE: engine.taskQueue,
    });
    await api.said("api listens");
    return { ...api, url: `http://127.0.0.1:${port}` };
  };
  const headers = { "Content-Type": "application/json", "X-Treeline-Owner": ownerId };

  // The engine's own dispatcher would start it: only the api may.
  await engine.dispatcher.close();
  const first = await runApi(deaf.address);
  const answer = await fetch(`${first.url}/v1/graphs/${graph.id}/executions`, {
    method: "POST",
    headers,
    body: JSON.stringify({ inputs: { x: "kept" } }),
  });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  await until(deaf.connections, (count) => count > 0); // it tries to start the workflow
  await first.kill();
  expect((await engine.db.pool.query("select status from executions")).rows).toEqual([{ status: "QUEUED" }]);

  const second = await runApi(address);
  const read = async () => {
    const response = await fetch(`${second.url}/v1/executions/${id}`, { headers });
    return (await response.json()) as { status: string; outputs: unknown };
  };
  const ended = await until(read, ({ status }) => status === "COMPLETED");
  expect(ended.outputs).toEqual({ y: ["kept"] });
  const { rows } = await engine.db.pool.query("select type from events where type like 'execution.%' order by seq");
  expect(rows.map(({ type }) => type)).toEqual(["execution.queued", "execution.started", "execution.completed"]);
  await until(
    async () => (await engine.db.pool.query("select 1 from outbox")).rowCount,
    (count) => count === 0,
  );
  expect(await faultsOf(engine.db)).toEqual([]);
  await second.kill();
  deaf.close();
});
