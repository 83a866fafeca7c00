import { define, emitted, integer, list, listOf, nullable, object, oneOf, optional, pins, text } from "../pins";

export const languages = ["python", "js", "bash", "r", "java"] as const;

export const executeCode = define({
  id: "0b02b072-abe7-11ef-8372-fb5d162dd712",
  name: "ExecuteCode",
  description: "Runs JavaScript in a sandbox without a network, files or timers, bounded in time, memory and output.",
  placement: "remote",
  cost: [{ per: "second", credits: 1, each: 10 }],
  inputSchema: pins({
    code: optional(text, "", "The code; the value of its last expression is the result."),
    language: optional(
      oneOf(...languages),
      "python",
      "Its language; js runs here, the others need a sandbox of their own.",
    ),
    setup_commands: optional(listOf(text), [], "Shell commands to run before; they need a sandbox of their own."),
    timeout: optional(integer, 300, "Seconds it may take, 1 to 300."),
    template_id: optional(text, "", "Of a sandbox of its own; accepted and not used."),
    credentials: optional(nullable(object), null, "Of a sandbox of its own; accepted and not used."),
  }),
  outputSchema: pins({
    results: emitted(list, "The results: one, or none where the code has no value."),
    main_result: emitted(object, "The result: its text, and its value where that is JSON; {} where there is none."),
    response: emitted(text, "The result as a text, unless it is empty."),
    stdout_logs: emitted(text, "What console.log has written, unless that is nothing."),
    stderr_logs: emitted(text, "What console.warn and console.error have written, unless that is nothing."),
  }),
});
