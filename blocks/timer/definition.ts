import { any, define, emitted, integer, integerOrText, optional, pins } from "../pins";

export const countdownTimer = define({
  id: "d67a9c52-5e4e-11e2-bcfd-0800200c9a71",
  name: "CountdownTimer",
  description: "Waits for a time, then emits a message; as often as asked. No worker is held while it waits.",
  placement: "wait",
  inputSchema: pins({
    input_message: optional(any, "timer finished", "What to emit."),
    seconds: optional(integerOrText, 0, "Seconds to wait; a text may hold a fraction."),
    minutes: optional(integerOrText, 0, "Minutes to wait."),
    hours: optional(integerOrText, 0, "Hours to wait."),
    days: optional(integerOrText, 0, "Days to wait."),
    repeat: optional(integer, 1, "How many times to wait and emit."),
  }),
  outputSchema: pins({ output_message: emitted(any, "The message.") }),
});
