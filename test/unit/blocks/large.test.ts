import { pureBlocks } from "../../../blocks/pure";
import type { Inputs } from "../../../blocks/block";
import { blockNamed, contextOf, pairs, runBlock } from "./run-block";

function aside(name: string, inputs: Inputs, signal = new AbortController().signal) {
  const block = blockNamed(name);
  if (!("runRemote" in block) || !block.runRemote) throw new Error(`${name} cannot run aside`);
  return block.runRemote(inputs, contextOf({ signal }));
}

describe("pure blocks with large inputs", () => {
  test("give in a thread what they give inline", async () => {
    const inputs = { list_a: [1, true, { a: "\u{1f600}" }], list_b: [true] };
    expect(pairs(await aside("ListDifference", inputs))).toEqual(runBlock("ListDifference", inputs));
  });

  test("fail in a thread as they fail inline, with what they had emitted", async () => {
    await expect(aside("StepThroughItems", { items: [7], items_str: "{" })).rejects.toMatchObject({
      name: "BlockFailure",
      code: "invalid_input",
      emitted: [
        { pin: "item", value: 7 },
        { pin: "key", value: 0 },
      ],
    });
  });

  test("end when the node is stopped", async () => {
    await aside("TextEncoder", { text: "" }); // a thread is there
    const stop = new AbortController();
    const reason = new Error("stopped");
    const encoding = aside("TextEncoder", { text: "\u00e9".repeat(3_000_000) }, stop.signal);
    stop.abort(reason);
    await expect(encoding).rejects.toBe(reason);
  });

  test("have all a way to run aside", () => {
    const without = pureBlocks.filter(({ definition }) => !("runRemote" in blockNamed(definition.name)));
    expect(without).toEqual([]);
    expect(pureBlocks.length).toBeGreaterThan(30);
  });
});
