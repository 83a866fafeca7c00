import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execution } from "../../api/resources/execution";
import { stop, stopPlan } from "../../api/resources/stop";
import { tree } from "../../api/resources/tree";
import { testFolder } from "../local/folders";
import { greeter, wrapper } from "../support/graphs";
import { until } from "../support/wait";
import { lineOf, startThroughBootstrap } from "./command";
import { startRunning, type RunningTreeline } from "./running";

let running: RunningTreeline; // one for the file: it takes seconds to start
beforeAll(async () => {
  running = await startRunning();
});

function setup() {
  const folder = testFolder();
  const { ask } = running;
  return {
    ...running,
    file(graph: unknown) {
      const path = join(folder, "graph.json");
      writeFileSync(path, JSON.stringify(graph));
      return path;
    },
    /** The id of an execution that waits for an hour in each of its nine innermost graphs. */
    async startLong(labels = {}) {
      const graph = await ask("/v1/graphs", JSON.parse(readFileSync("examples/long-wait.json", "utf8")));
      const path = `/v1/graphs/${(graph as { id: string }).id}/executions`;
      const { id } = execution.parse(await ask(path, { labels }));
      const readTotals = async () => tree.parse(await ask(`/v1/executions/${id}/tree`)).totals;
      await until(readTotals, ({ byStatus }) => byStatus.WAITING === 9);
      return id;
    },
  };
}

/** The faulty node cannot compare a text with an object. */
const failing = {
  name: "Failing",
  nodes: [
    {
      id: "compare",
      blockId: "715696a0-e1da-45c8-b209-c2fa9c3b0be6",
      constants: { value1: "a", operator: ">", value2: {} },
    },
  ],
};

describe("treeline run", () => {
  test("with --wait saves the file, runs it and answers the ended execution, in JSON or in words", async () => {
    const { treeline, file } = setup();
    const path = file(wrapper);
    const [json, words] = await Promise.all([
      treeline("run", path, "--input", "name=Ada", "--label", "team:blue", "--wait", "--json"),
      treeline("run", path, "--input", 'name="Bo"', "--wait"),
    ]);
    expect(json.code).toBe(0);
    expect(execution.parse(JSON.parse(json.stdout))).toMatchObject({
      ...{ status: "COMPLETED", inputs: { name: "Ada" }, outputs: { result: ["Hi Ada!"] }, labels: { team: "blue" } },
      treeStats: { executions: 2, running: 0 },
    });
    expect(json.stderr).toMatch(/^saved Wrapper: graph \S+ version 1\n$/);
    expect(words).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Wrapper  COMPLETED/) });
    expect(words.stdout).toMatch(/outputs\n +result +"Hi Bo!"\n/);
  });

  test("with --watch shows each change of the tree, one JSON object a line or one line of words", async () => {
    const { treeline, file } = setup();
    const path = file(wrapper);
    const [json, words] = await Promise.all([
      treeline("run", path, "--input", "name=Ada", "--watch", "--json"),
      treeline("run", path, "--input", "name=Bo", "--watch"),
    ]);
    expect(json.code).toBe(0);
    const shown = json.stdout
      .trim()
      .split("\n")
      .map((line) => execution.parse(JSON.parse(line)));
    expect(shown.at(-1)).toMatchObject({ graphName: "Wrapper", status: "COMPLETED" });
    expect(shown).toContainEqual(expect.objectContaining({ graphName: "Greeter", status: "COMPLETED" }));
    expect(words.code).toBe(0);
    expect(words.stdout).toMatch(/^\S+Z {2}\S+ {2}Greet them: Greeter {2}COMPLETED$/m);
  });

  test("ends with 1 where the execution failed, and says why", async () => {
    const { treeline, file } = setup();
    const { code, stdout, stderr } = await treeline("run", file(failing), "--wait", "--json");
    expect(code).toBe(1);
    expect(execution.parse(JSON.parse(stdout))).toMatchObject({ status: "FAILED", endReason: "node_failed" });
    expect(stderr).toContain('"title":"Failing is FAILED (node_failed)"');
  });

  test("ends with 4 where the graph is invalid, each fault on a line of its own", async () => {
    const { treeline, file } = setup();
    const bad = { ...greeter, nodes: greeter.nodes.map((node, i) => (i < 2 ? { ...node, blockId: "none" } : node)) };
    const { code, stdout, stderr } = await treeline("run", file(bad));
    expect(code).toBe(4);
    expect(stdout).toBe("");
    const lines = stderr.split("\n");
    expect(lines[0]).toBe("The graph has faults (422 invalid_graph)");
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\/nodes\/0\/blockId {2}unknown block/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}\/nodes\/1\/blockId {2}unknown block/));
    expect(stderr).not.toContain("    at ");
  });

  test("is left by Ctrl-C with 130, saying that the execution goes on", async () => {
    const { env, ask } = setup();
    const watching = startThroughBootstrap(["run", "examples/long-wait.json", "--watch"], env);
    const line = await lineOf(watching, (text) => text.includes("RUNNING"));
    watching.child.kill("SIGINT");
    const { code, stderr } = await watching.ended;
    expect(code).toBe(130);
    const id = /execution (\S+) goes on/.exec(stderr)?.[1] ?? "";
    expect(line).toContain("Z  ");
    expect(await ask(`/v1/executions/${id}`)).toMatchObject({ endedAt: null, stopRequestedAt: null });
  });

  test("ends with 6 where it is not over within --timeout", async () => {
    const { treeline } = setup();
    const { code, stderr } = await treeline("run", "examples/long-wait.json", "--wait", "--timeout", "1ms");
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(/Not over after 0.001 s\n.* goes on/) });
  });
});

describe("treeline stop", () => {
  test("plans, stops a tree, and answers the same receipt again", async () => {
    const { treeline, startLong } = setup();
    const id = await startLong({ team: "red" });
    const [plan, planned] = await Promise.all([
      treeline("stop", id, "--dry-run", "--json"),
      treeline("stop", id, "--dry-run"),
    ]);
    expect(stopPlan.parse(JSON.parse(plan.stdout)).plan).toMatchObject({ executions: 13, runningNodes: 0 });
    expect(planned.stdout).toMatch(
      /^A stop now would end 13 executions; nothing was stopped\n {2}depth 0: 1 execution /,
    );

    const stopped = await treeline("stop", id, "--wait", "--reason", "enough", "--deadline", "5s");
    expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Stop \S+ {2}CLOSED, stopped\n/) });
    expect(stopped.stdout).toMatch(/reason +enough\n/);
    expect(stopped.stdout).toMatch(/proof +0 live, 0 started and 0 charged after the fence/);
    const again = await treeline("stop", id, "--json");
    expect(again.code).toBe(0);
    expect(stop.parse(JSON.parse(again.stdout))).toMatchObject({ status: "CLOSED", outcome: "stopped" });

    const [words, watched, listed, nodes] = await Promise.all([
      treeline("tree", id),
      treeline("tree", id, "--watch"),
      treeline("list", "--label", "team:red", "--status", "terminated", "--roots", "--json"),
      treeline("nodes", id),
    ]);
    expect(words.stdout).toMatch(/^Long wait {2}TERMINATED \(stopped\) /);
    expect(words.stdout).toMatch(/^13 executions, \d+ node executions, 0 credits: 13 TERMINATED$/m);
    expect(watched.code).toBe(1);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      executions: [{ id, labels: { team: "red" } }],
      nextCursor: null,
    });
    expect(nodes.stdout).toMatch(/^SEQ +NODE +BLOCK +STATUS/);
    expect(nodes.stdout).toMatch(/^2 +watch a region +AgentExecutor +TERMINATED/m);
  });

  test("of an execution that has ended says so, and of an unknown one ends with 3", async () => {
    const { treeline, ask } = setup();
    const graph = (await ask("/v1/graphs", greeter)) as { id: string };
    const { id } = execution.parse(await ask(`/v1/graphs/${graph.id}/executions?wait=60s`, {}));
    const [ended, unknown] = await Promise.all([
      treeline("stop", id, "--wait"),
      treeline("stop", "0199c0de-0000-7000-8000-000000000000", "--json"),
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to stop/) });
    expect(unknown).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { kind: "not_found", exitCode: 3, status: 404 } });
  });
});

describe("treeline graphs", () => {
  test("adds a file in AutoGPT's export form, lists it and shows it; run takes its id", async () => {
    const { treeline, file } = setup();
    const exported = {
      name: "Exported",
      nodes: greeter.nodes.map(({ id, blockId, constants }) => ({ id, block_id: blockId, input_default: constants })),
      links: greeter.links.map(({ sourceId, sourceName, sinkId, sinkName }) => ({
        ...{ source_id: sourceId, source_name: sourceName, sink_id: sinkId, sink_name: sinkName },
      })),
    };
    const added = await treeline("graphs", "add", file(exported), "--json");
    const { id } = JSON.parse(added.stdout) as { id: string };
    const [listed, shown, ran] = await Promise.all([
      treeline("graphs"),
      treeline("graphs", "show", id, "--graph-version", "1"),
      treeline("run", id, "--input", "who=Eve", "--wait", "--json"),
    ]);
    expect(listed.stdout).toMatch(new RegExp(`^${id} +1 +Exported +who\\? +`, "m"));
    expect(shown.stdout).toMatch(/^Exported\n/);
    expect(JSON.parse(ran.stdout)).toMatchObject({ outputs: { greeting: ["Hi Eve!"] } });
  });
});

describe("treeline doctor, up and reset", () => {
  test("doctor finds everything there; up and reset refuse the folder that is in use", async () => {
    const { treeline, api, env } = setup();
    const [json, words, up, reset] = await Promise.all([
      treeline("doctor", "--json"),
      treeline("doctor", "--api", `${api}/`),
      treeline("up"),
      treeline("reset", "--yes"),
    ]);
    expect(json.code).toBe(0);
    const { ok, checks } = JSON.parse(json.stdout) as { ok: boolean; checks: { name: string; state: string }[] };
    expect(ok).toBe(true);
    expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...[
        "node ok",
        "environment ok",
        "data folder ok",
        "api ok",
        "postgres ok",
        "temporal ok",
        "workers ok",
        "record ok",
      ],
    ]);
    expect(words).toMatchObject({ code: 0, stdout: expect.stringContaining(`answers at ${api} (known from --api)`) });
    for (const refused of [up, reset]) {
      expect(refused).toMatchObject({ code: 4, stdout: "" });
      expect(refused.stderr).toContain(`${env.TREELINE_DATA_DIR} is in use by process`);
    }
  });
});
