import { define, emitted, nullable, object, optional, pins, text } from "../pins";

export const genericWebhookTrigger = define({
  id: "8fa8c167-2002-47ce-aba8-97572fc5d387",
  name: "GenericWebhookTrigger",
  description: "Starts the graph when its address is called, with what the call carries.",
  placement: "inline",
  inputSchema: pins({
    payload: optional(object, {}, "What the call carries; the start fills it in."),
    constants: optional(object, {}, "Values to hand on beside it."),
    secret_token: optional(
      { ...nullable(text), secret: true },
      null,
      "What a call has to send as `X-Webhook-Secret`; null: nothing.",
    ),
  }),
  outputSchema: pins({
    constants: emitted(object, "The constants."),
    payload: emitted(object, "What the call carried."),
  }),
});
