import { readFileSync } from "node:fs";
import { event, eventPage } from "../../api/resources/event";
import { execution } from "../../api/resources/execution";
import { wrapper } from "../support/graphs";
import { lineOf, startCommand } from "./command";
import { startRunning, type RunningTreeline } from "./running";

let running: RunningTreeline; // one for the file: it takes seconds to start
beforeAll(async () => {
  running = await startRunning();
});

async function start(graph: unknown, body: object): Promise<string> {
  const { id: graphId } = (await running.ask("/v1/graphs", graph)) as { id: string };
  return execution.parse(await running.ask(`/v1/graphs/${graphId}/executions?wait=20s`, body)).id;
}

test("events lists what has happened, in JSON or in words, and follows it to the end", async () => {
  const id = await start(wrapper, { inputs: { name: "Ada" } });
  const [listed, words, followed, some] = await Promise.all([
    running.treeline("events", id, "--json"),
    running.treeline("events", id),
    running.treeline("events", id, "--follow", "--json"),
    running.treeline("events", id, "--after", "2", "--limit", "3", "--json"),
  ]);
  const { events, lastSeq } = eventPage.parse(await running.ask(`/v1/executions/${id}/events?limit=1000`));
  expect(JSON.parse(listed.stdout)).toEqual({ events, lastSeq });
  expect(words.stdout.split("\n").at(-2)).toMatch(new RegExp(`^ +${lastSeq} .*execution.completed +${id}`));
  expect(followed.code).toBe(0);
  expect(
    followed.stdout
      .trim()
      .split("\n")
      .map((line) => event.parse(JSON.parse(line))),
  ).toEqual(events);
  expect((JSON.parse(some.stdout) as { events: { seq: number }[] }).events.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect(some.stderr).toContain("--after 5");
});

test("events --follow shows what happens now, and is left by Ctrl-C; watch shows the tree", async () => {
  const graph: unknown = JSON.parse(readFileSync("examples/long-wait.json", "utf8"));
  const { id: graphId } = (await running.ask("/v1/graphs", graph)) as { id: string };
  const { id } = execution.parse(await running.ask(`/v1/graphs/${graphId}/executions`, {}));
  const following = startCommand(["events", id, "--follow", "--modes", "lifecycle"], running.env);
  const watching = startCommand(["watch", id], running.env);
  await Promise.all([
    lineOf(following, (line) => line.includes("node.waiting")),
    lineOf(watching, (line) => line.includes("WAITING")),
  ]);
  following.child.kill("SIGINT");
  expect((await following.ended).code).toBe(130);
  await running.treeline("stop", id, "--wait");
  const { code, stdout } = await watching.ended;
  expect(code).toBe(1);
  expect(stdout.trim().split("\n").at(-1)).toMatch(new RegExp(`${id} .*TERMINATED \\(stopped\\)$`));
});
