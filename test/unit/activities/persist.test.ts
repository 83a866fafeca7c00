import { ActivityCancellationDetails } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { persist } from "../../../activities/persist";

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

/** A write that `answers` one after the other, the last of them for ever; an error is thrown. */
function setup(...answers: readonly unknown[]) {
  const environment = new MockActivityEnvironment(undefined, { logger: silent });
  let calls = 0;
  const write = (): Promise<unknown> => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { environment, calls: () => calls, persisted: () => environment.run(() => persist(write)) };
}

describe("what node code has given", () => {
  test("is written as soon as Postgres answers again", async () => {
    const { persisted, calls } = setup(away(), away(), "written");
    expect(await persisted()).toBe("written");
    expect(calls()).toBe(3);
  });

  test("is not written again where the write itself is at fault", async () => {
    const { persisted, calls } = setup(new Error("a fault of ours"));
    await expect(persisted()).rejects.toThrow("a fault of ours");
    expect(calls()).toBe(1);
  });

  test("holds up no shutdown of its worker", async () => {
    const { environment, persisted, calls } = setup(away());
    const written = persisted();
    environment.cancel("WORKER_SHUTDOWN", new ActivityCancellationDetails({ workerShutdown: true }));
    await expect(written).rejects.toThrow("ECONNREFUSED");
    expect(calls()).toBeLessThan(4);
  });
});
