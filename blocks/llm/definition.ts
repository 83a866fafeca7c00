import type { Cost } from "../../graph/cost";
import {
  any,
  boolean,
  define,
  emitted,
  integer,
  list,
  listOf,
  nullable,
  object,
  oneOf,
  optional,
  pins,
  required,
  text,
} from "../pins";

/** Pins that most of these blocks have. */
const common = {
  model: optional(text, "", "The model's name; one that this worker does not know stands for its default."),
  credentials: optional(nullable(object), null, "A reference to the key to use; null: the worker's own."),
  max_tokens: optional(nullable(integer), null, "Longest answer, in tokens; null: as the model has it."),
  ollama_host: optional(
    text,
    "localhost:11434",
    "Accepted and not used: the worker's settings say where models answer.",
  ),
};
const system = optional(text, "", "What the model is told before the prompt; a template too.");
const retry = optional(integer, 3, "How often the model is asked until its answer has the form that is wanted.");
const values = optional(object, {}, "Values for the templates in the prompts; without any they are sent as they are.");
const history = optional(list, [], "Messages that came before.");
const sent = emitted(listOf(object), "The messages that were sent.");
const forceJson = optional(boolean, false, "Have the endpoint enforce JSON.");

/** Tokens in and out, whatever the model; an operator who pays for them says more (TREELINE_PRICES_FILE). */
const cost: Cost = [{ per: "token", credits: 1, each: 1_000 }];

export const styles = ["concise", "detailed", "bullet points", "numbered list"] as const;

export const textGenerator = define({
  id: "1f292d4a-41a4-4977-9684-7c8d560b9f91",
  name: "AITextGenerator",
  description: "Has a language model answer a prompt in plain text.",
  placement: "remote",
  cost,
  inputSchema: pins({
    prompt: required(text, "The prompt, a Jinja template."),
    ...{ model: common.model, credentials: common.credentials, sys_prompt: system, retry, prompt_values: values },
    ...{ ollama_host: common.ollama_host, max_tokens: common.max_tokens },
  }),
  outputSchema: pins({ response: emitted(text, "The answer."), prompt: sent }),
});

export const structuredResponseGenerator = define({
  id: "ed55ac19-356e-4243-a6cb-bc599e9b716f",
  name: "AIStructuredResponseGenerator",
  description: "Has a language model answer with an object that has the keys asked for, or a list of them.",
  placement: "remote",
  cost,
  inputSchema: pins({
    prompt: required(text, "The prompt, a Jinja template."),
    expected_format: required(object, "The keys of the answer, each with what it is."),
    list_result: optional(boolean, false, "Whether the answer is a list of such objects."),
    model: common.model,
    force_json_output: forceJson,
    ...{ credentials: common.credentials, sys_prompt: system, conversation_history: history, retry },
    ...{ prompt_values: values, max_tokens: common.max_tokens },
    compress_prompt_to_fit: optional(boolean, true, "Accepted and not used: a prompt that is too long is an error."),
    ollama_host: common.ollama_host,
  }),
  outputSchema: pins({ response: emitted({ type: ["object", "array"] }, "The answer."), prompt: sent }),
});

export const textSummarizer = define({
  id: "a0a69be1-4528-491c-a85a-a4ab6873e3f0",
  name: "AITextSummarizer",
  description: "Has a language model sum up a text, a long one chunk by chunk.",
  placement: "remote",
  cost,
  inputSchema: pins({
    text: required(text, "The text."),
    model: common.model,
    focus: optional(text, "general information", "What the summary is about."),
    style: optional(oneOf(...styles), "concise", "The form of the summary."),
    credentials: common.credentials,
    max_tokens: optional(integer, 4096, "Words of one chunk, and tokens of one answer."),
    chunk_overlap: optional(integer, 100, "Words that a chunk repeats of the one before."),
    ollama_host: common.ollama_host,
  }),
  outputSchema: pins({ summary: emitted(text, "The summary."), prompt: sent }),
});

export const conversation = define({
  id: "32a87eab-381e-4dd4-bdb8-4c47151be35a",
  name: "AIConversation",
  description: "Has a language model go on with a conversation.",
  placement: "remote",
  cost,
  inputSchema: pins({
    prompt: optional(text, "", "What is said now."),
    messages: optional(list, [], "What was said before."),
    ...common,
  }),
  outputSchema: pins({ response: emitted(text, "The answer."), prompt: sent }),
});

export const listGenerator = define({
  id: "9c0b0450-d199-458b-a731-072189dd6593",
  name: "AIListGenerator",
  description: "Has a language model make a list.",
  placement: "remote",
  cost,
  inputSchema: pins({
    focus: optional(nullable(text), null, "What the list is of."),
    source_data: optional(nullable(text), null, "What to make it from."),
    ...{ model: common.model, credentials: common.credentials },
    max_retries: optional(integer, 3, "How often the model is asked until its answer is a list."),
    force_json_output: forceJson,
    ...{ max_tokens: common.max_tokens, ollama_host: common.ollama_host },
  }),
  outputSchema: pins({
    generated_list: emitted(list, "The list."),
    prompt: sent,
    list_item: emitted(any, "Each item."),
  }),
});

export const condition = define({
  id: "553ec5b8-6c45-4299-8d75-b394d05f72ff",
  name: "AICondition",
  description: "Has a language model say whether something is so, and takes one of two ways.",
  placement: "remote",
  cost,
  inputSchema: pins({
    input_value: required(any, "What is judged."),
    condition: required(text, "The condition, in plain words."),
    ...{ model: common.model, credentials: common.credentials },
    yes_value: optional(any, null, "What to emit if it is so; null: the input."),
    no_value: optional(any, null, "What to emit if it is not; null: the input."),
  }),
  outputSchema: pins({
    result: emitted(boolean, "Whether it is so."),
    yes_output: emitted(any, "If it is."),
    no_output: emitted(any, "If it is not."),
  }),
});

export const orchestrator = define({
  id: "3b191d9f-356f-482d-8238-ba04b6d18381",
  name: "Orchestrator",
  description: "Has a language model choose among the nodes that its `tools` links lead to, and call them.",
  placement: "remote",
  cost,
  inputSchema: pins({
    prompt: required(text, "What to do, a Jinja template."),
    ...{ model: common.model, credentials: common.credentials },
    multiple_tool_calls: optional(boolean, false, "Whether one answer may call several tools."),
    ...{ sys_prompt: system, conversation_history: nullableHistory() },
    last_tool_output: optional(any, null, "What the tool that was called last has answered."),
    ...{ retry, prompt_values: values, max_tokens: common.max_tokens },
    agent_mode_max_iterations: optional(
      integer,
      0,
      "0: one call; other numbers need tools that run inside: not supported.",
    ),
    execution_mode: optional(oneOf("built_in", "extended_thinking"), "built_in", "Accepted and not used."),
    conversation_compaction: optional(boolean, true, "Accepted and not used."),
    ollama_host: common.ollama_host,
  }),
  outputSchema: pins({
    tools: emitted(any, "One value for each argument of each call, to the pin that the link leads to."),
    finished: emitted(text, "The answer, where no tool is called."),
    conversations: emitted(list, "The conversation so far, for `conversation_history` of the next round."),
  }),
});

function nullableHistory() {
  return optional(nullable(list), [], "The conversation of the rounds before.");
}
