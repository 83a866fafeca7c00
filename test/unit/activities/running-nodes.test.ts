import { createRunningNodes } from "../../../activities/running-nodes";
import { parseExecutionId, parseNodeExecutionId, parseStopId } from "../../../graph/ids";

const id = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const root = parseExecutionId(id(1));
const child = parseExecutionId(id(2));
const other = parseExecutionId(id(3));
const stopId = parseStopId(id(9));
const node = parseNodeExecutionId(id(8));

describe("the node code that runs in this process", () => {
  test("is aborted by a fence on its own execution or above it, with the stop as the reason", () => {
    const running = createRunningNodes();
    const below = running.register(node, [root, child]);
    const above = running.register(node, [root]);
    const elsewhere = running.register(node, [other]);
    expect(running.abort({ executionId: child, stopId })).toBe(1);
    expect(below.signal.reason).toEqual({ kind: "fenced", stopId });
    expect(above.signal.aborted).toBe(false);
    expect(running.abort({ executionId: root, stopId })).toBe(1); // the other one was told already
    expect(above.signal.aborted).toBe(true);
    expect(elsewhere.signal.aborted).toBe(false);
  });

  test("is known by its trees, as long as it runs", () => {
    const running = createRunningNodes();
    const slots = [
      running.register(node, [root, child]),
      running.register(node, [root]),
      running.register(node, [other]),
    ];
    expect(running.roots()).toEqual([root, other]);
    for (const slot of slots) slot.release();
    expect(running.roots()).toEqual([]);
    expect(running.abort({ executionId: root, stopId })).toBe(0);
  });
});
