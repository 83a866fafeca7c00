import type { Inputs } from "../../../blocks/block";
import { blockNamed } from "./run-block";

function plan(inputs: Inputs) {
  const block = blockNamed("CountdownTimer");
  if (!("plan" in block)) throw new Error("CountdownTimer does not wait");
  return block.plan(inputs);
}

describe("CountdownTimer", () => {
  test("waits for the sum of its parts, numbers or texts, and emits its message", () => {
    expect(plan({ input_message: { a: 1 }, seconds: 1, minutes: "2", hours: 3, days: " 4 ", repeat: 5 })).toEqual({
      delayMs: ((4 * 24 + 3) * 60 + 2) * 60_000 + 1000,
      times: 5,
      emissions: [{ pin: "output_message", value: { a: 1 } }],
    });
  });

  test("by default waits for nothing and emits `timer finished` once", () => {
    expect(plan({})).toEqual({ delayMs: 0, times: 1, emissions: [{ pin: "output_message", value: "timer finished" }] });
  });

  test("emits a null message that was given, and nothing where it repeats 0 times", () => {
    expect(plan({ input_message: null }).emissions).toEqual([{ pin: "output_message", value: null }]);
    expect(plan({ repeat: -1 }).times).toBe(0);
  });

  test("waits for a fraction of a second", () => {
    expect(plan({ seconds: "0.05" }).delayMs).toBe(50);
  });

  test.each([[{ seconds: -1 }], [{ days: 3651 }], [{ seconds: "inf" }], [{ seconds: "nan" }], [{ seconds: "soon" }]])(
    "refuses to wait for %j",
    (inputs) => {
      expect(() => plan(inputs)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    },
  );
});
