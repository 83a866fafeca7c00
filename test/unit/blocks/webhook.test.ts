import { blockNamed, runBlock } from "./run-block";

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

test("GenericWebhookTrigger's token is kept out of exports", () => {
  expect(blockNamed("GenericWebhookTrigger").definition.inputSchema.properties).toMatchObject({
    secret_token: { secret: true },
    payload: expect.not.objectContaining({ secret: true }),
  });
});
