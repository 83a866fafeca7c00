import { runBlock } from "./run-block";

test("GenericWebhookTrigger emits its constants, then what the call carried", () => {
  expect(runBlock("GenericWebhookTrigger", { payload: { x: [1] }, constants: { k: "v" } })).toEqual([
    ["constants", { k: "v" }],
    ["payload", { x: [1] }],
  ]);
  expect(runBlock("GenericWebhookTrigger", {})).toEqual([
    ["constants", {}],
    ["payload", {}],
  ]);
});
