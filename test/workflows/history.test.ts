import type { GraphDraft, GraphNode } from "../../graph/definition";
import { startEngine } from "../support/engine";
import type { HistoryJson } from "../support/open-engine";
import { createGate } from "../support/gate";
import { draft, node } from "../unit/graph/fixtures";

/** One execution with a remote node, a timer and a nested graph, each with a label. */
async function setup() {
  const gate = createGate("Fetch", { attempts: 3, timeoutMs: 60_000 });
  gate.open();
  const engine = await startEngine({ blocks: [gate.block] });
  const fetch: GraphNode = { id: "f", blockId: gate.blockId, constants: { in: "a secret" }, label: "Fetch the page" };
  const inner: GraphDraft = { ...draft([node("n", "StoreValue", { input: 1 })], []), id: "inner" };
  const saved = await engine.save(
    draft(
      [
        fetch,
        { ...node("t", "CountdownTimer", { seconds: "0.01" }), label: "Wait a bit" },
        { ...node("run", "AgentExecutor", { graphId: "inner" }), label: "Do the rest" },
      ],
      [],
      { name: "Morning round", subGraphs: [inner] },
    ),
  );
  const id = await engine.start(saved, {});
  await engine.ended(id);
  await engine.closed(id);
  const recorded = await engine.history(id);
  const [child] = (await engine.nodes(id, "run")).map(({ childExecutionId }) => childExecutionId);
  if (!child) throw new Error("no nested graph");
  return { ...engine, id, child, saved, recorded };
}

/** The attributes of the first event of a type. */
function attributesOf(history: HistoryJson, type: string): Record<string, unknown> {
  const event = history.events.find(({ eventType }) => eventType === `EVENT_TYPE_${type}`);
  if (!event) throw new Error(`no ${type} in ${history.events.map(({ eventType }) => eventType).join()}`);
  const key = Object.keys(event).find((name) => name.endsWith("EventAttributes")) ?? "";
  return event[key] as Record<string, unknown>;
}

/** Every text in the history, payloads decoded. */
function textOf(history: HistoryJson): string {
  return JSON.stringify(history).replaceAll(/"data":"([A-Za-z0-9+/=]*)"/g, (_, data: string) =>
    Buffer.from(data, "base64").toString("utf8"),
  );
}

const summaryOf = (metadata: unknown) =>
  JSON.parse(
    Buffer.from((metadata as { summary: { data: string } }).summary.data, "base64").toString("utf8"),
  ) as string;

test("what decides how a tree runs and what the Web UI shows is written out in its history", async () => {
  await using run = await setup();
  const { recorded: history, id, child, saved } = run;

  const nested = attributesOf(history, "START_CHILD_WORKFLOW_EXECUTION_INITIATED");
  expect(nested).toMatchObject({ workflowId: child, parentClosePolicy: "PARENT_CLOSE_POLICY_TERMINATE" });
  expect(attributesOf(await run.history(child), "WORKFLOW_EXECUTION_STARTED")).toMatchObject({
    parentWorkflowExecution: { workflowId: id },
  });

  expect(attributesOf(history, "ACTIVITY_TASK_SCHEDULED")).toMatchObject({
    activityType: { name: "Fetch" },
    heartbeatTimeout: "10s",
    startToCloseTimeout: "150s",
    retryPolicy: { maximumAttempts: 7, initialInterval: "1s", maximumInterval: "60s" },
  });

  const summaries = history.events.flatMap(({ eventType, userMetadata }) =>
    userMetadata === undefined || userMetadata === null || !("summary" in (userMetadata as object))
      ? []
      : [[eventType.replace("EVENT_TYPE_", ""), summaryOf(userMetadata)]],
  );
  expect(summaries).toContainEqual(["WORKFLOW_EXECUTION_STARTED", "Morning round"]);
  expect(summaries).toContainEqual(["ACTIVITY_TASK_SCHEDULED", "Fetch the page"]);
  expect(summaries).toContainEqual(["TIMER_STARTED", "Wait a bit"]);
  expect(summaries).toContainEqual(["START_CHILD_WORKFLOW_EXECUTION_INITIATED", "Do the rest"]);

  const attributes = async (workflowId: string) => {
    const { typedSearchAttributes } = await run.client.workflow.getHandle(workflowId).describe();
    return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  };
  expect(await attributes(id)).toMatchObject({ TreelineRoot: id, TreelineGraph: saved.id });
  expect(await attributes(child)).toMatchObject({ TreelineRoot: id });
});

test("a history holds ids, limits and labels, and no values", async () => {
  await using run = await setup();
  const text = textOf(run.recorded);
  expect(text).toContain(run.id);
  expect(text).not.toContain("a secret");
});
