import { Failure } from "../../../cli/failure";
import { createSteering } from "../../../cli/steering";
import { anExecution } from "./answers";

const plan = {
  ...{ executions: 3, levels: [{ depth: 0, executions: 1, running: 1, waiting: 0, queued: 0 }], runningNodes: 2 },
  ...{ uninterruptible: [], detached: [], openReviews: 0, chargeSoFar: 7 },
};

function setup() {
  const done: string[] = [];
  const execution = anExecution(1);
  const steering = createSteering(
    {
      pause: () => Promise.resolve((done.push("pause"), { ...execution, paused: true })),
      resume: () => Promise.reject(new Failure("refused", "It has ended", { details: ["see its receipt"] })),
      planStop: () => Promise.resolve((done.push("plan"), { plan })),
      stop: () => Promise.resolve((done.push("stop"), { id: "the-stop" }) as never),
    },
    execution.id,
    { onChange: () => done.push("change"), leave: () => done.push("leave") },
  );
  const press = async (keys: string) => {
    for (const key of keys) await steering.press(key);
  };
  return { done, press, lines: steering.lines };
}

test("shows the plan at the first s, stops at the second", async () => {
  const { done, press, lines } = setup();
  await press("s");
  expect(done).toEqual(["plan", "change"]);
  expect(lines().join("\n")).toMatch(/A stop now would end 3 executions.*7 credits.*s again stops it/s);
  await press("s");
  expect(done).toEqual(["plan", "change", "stop", "change"]);
  expect(lines()[0]).toBe("stop the-stop goes on");
});

test("stops nothing where another key comes between", async () => {
  const { done, press } = setup();
  await press("sxs");
  expect(done).toEqual(["plan", "change", "change", "plan", "change"]);
});

test("pauses, leaves at q and Ctrl-C, and shows what is refused", async () => {
  const { done, press, lines } = setup();
  await press("p");
  expect([done[0], lines()[0]]).toEqual(["pause", "paused"]);
  await press("r");
  expect(lines().slice(0, 2)).toEqual(["It has ended", "see its receipt"]);
  await press("q\u0003");
  expect(done.slice(-2)).toEqual(["leave", "leave"]);
});
