import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from "@temporalio/worker";
import type { HistoryEvent, HistoryJson } from "../support/open-engine";
import { testVariable } from "../support/variables";

const folder = join(__dirname, "../histories");
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : []));

beforeAll(() => {
  const filter = makeTelemetryFilterString({ core: "ERROR", other: "ERROR" }); // a replay that fails is wanted here
  Runtime.install({ logger: new DefaultLogger("ERROR"), telemetryOptions: { logging: { forward: {}, filter } } });
});

function read(name: string): HistoryJson {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as HistoryJson;
}

function replay(history: HistoryJson): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle: { codePath: testVariable("bundle") } }, history);
}

/** The history with another event in the place of each that `change` answers something for. */
function alter(name: string, change: (event: HistoryEvent) => HistoryEvent | undefined): HistoryJson {
  const { events } = read(name);
  const altered = events.map((event) => change(event) ?? event);
  expect(altered).not.toEqual(events);
  return { events: altered };
}

test("every way an execution may go is recorded", () => {
  expect(names).toEqual(
    expect.arrayContaining([
      "chain",
      "nested",
      "timer",
      "remote-retried",
      "stopped",
      "cancelled",
      "child-stopped-alone",
      "stop",
    ]),
  );
});

test.each(names)("the recorded history %s is replayed by this version", async (name) => {
  await expect(replay(read(name))).resolves.toBeUndefined();
});

test("a history that this version would not have made is refused", async () => {
  const otherActivity = alter("remote-retried", (event) => {
    if (event.eventType !== "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED") return undefined;
    const attributes = event["activityTaskScheduledEventAttributes"] as object;
    return { ...event, activityTaskScheduledEventAttributes: { ...attributes, activityType: { name: "Other" } } };
  });
  await expect(replay(otherActivity)).rejects.toThrow(/nondeterminism/i);
});
