import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { faultsOf } from "../support/record";
import { until } from "../support/wait";
import { draft } from "../unit/graph/fixtures";

test("with two places five roots run in turn, in order, two at a time, and a stop frees a place too", async () => {
  const gate = createGate();
  await using engine = await startEngine({ blocks: [gate.block], env: { TREELINE_ROOTS_PER_OWNER: "2" } });
  const place = (value: number) => ({ id: "gate", blockId: gate.blockId, constants: { in: value } });
  const ids = [];
  for (const value of [1, 2, 3, 4, 5]) ids.push(await engine.start(await engine.save(draft([place(value)], []))));
  const [first, second, third] = ids;
  if (!first || !second || !third) throw new Error("not started");
  const inside = (...values: number[]) =>
    until(
      () => gate.inside().map(Number),
      (now) => JSON.stringify(now.toSorted()) === JSON.stringify(values),
    );
  await inside(1, 2);
  expect(await engine.read(third)).toMatchObject({ status: "QUEUED", queuePosition: 1 });
  expect(await engine.stop(second)).toMatchObject({ outcome: "stopped" });
  await inside(1, 3);
  gate.letGo(1);
  await inside(3, 4);
  gate.open();
  for (const id of ids) await engine.ended(id);
  expect(gate.most()).toBe(2);
  expect(await faultsOf(engine.db)).toEqual([]);
});
