import { any, boolean, define, emitted, listOf, object, optional, pins, required, text } from "../pins";

export const humanInTheLoop = define({
  id: "8b2a7b3c-6e9d-4a5f-8c1b-2e3f4a5b6c7d",
  name: "HumanInTheLoop",
  description: "Waits until somebody has approved or rejected the data. No worker is held while it waits.",
  placement: "wait",
  inputSchema: pins({
    data: required(any, "What is to be reviewed."),
    name: required(text, "What it is about; shown with the review."),
    editable: optional(boolean, true, "Whether the reviewer may change the data."),
  }),
  outputSchema: pins({
    approved_data: emitted(any, "The data, as it was or as the reviewer has changed it, if it is approved."),
    rejected_data: emitted(any, "The same, if it is rejected."),
    review_message: emitted(text, "What the reviewer has said, if anything."),
  }),
});

export const ask = define({
  id: "a3a0a0f7-5a3b-4c56-9a54-6b8f0b6f6d11",
  name: "Ask",
  description:
    "Asks people a question and waits for the answer, for ever or until a deadline. No worker is held while it waits.",
  placement: "wait",
  inputSchema: pins({
    question: required(text, "What is asked."),
    context: optional(any, null, "What those who answer should see."),
    schema: optional(object, {}, "JSON schema that the answer has to fit."),
    deadline: optional(text, "", 'How long to wait, such as "30m" or "48h"; empty: for ever.'),
    answerers: optional(
      listOf(text),
      [],
      "Who may answer, by the names that they give as X-Treeline-Actor; empty: anybody.",
    ),
    default: optional(any, null, "The answer where nobody has given one in time; null: the node fails."),
  }),
  outputSchema: pins({
    answer: emitted(any, "The answer."),
    message: emitted(text, "What was said with it, if anything."),
  }),
});
