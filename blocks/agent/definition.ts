import { agentExecutorBlockId } from "../../graph/block";
import type { Json, JsonSchema } from "../../graph/json";
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
  optional,
  pins,
  required,
  text,
} from "../pins";

const shared = {
  title: optional(nullable(text), null, "The title shown for it; null: its name."),
  description: optional(nullable(text), null, "What it is for."),
  advanced: optional(boolean, false, "Whether to show it among the advanced ones."),
  secret: optional(boolean, false, "Whether its value is kept out of exports."),
};

type InputMore = { readonly fallback?: Json; readonly pins?: Parameters<typeof pins>[0] };

/** The Input blocks differ by the type of their value. A null value is not emitted, so `result` is never null. */
function input(id: string, name: string, what: string, value: JsonSchema, more: InputMore = {}) {
  return define({ ...described(id, name, what, value, more), placement: "inline" });
}

function described(id: string, name: string, what: string, value: JsonSchema, more: InputMore) {
  return {
    id,
    name,
    description: `An input of the graph: ${what}.`,
    role: "input",
    staticOutput: true,
    errorPin: false,
    inputSchema: pins({
      name: required(text, "The name of the input."),
      value: optional(nullable(value), more.fallback ?? null, `The value, unless the start gives one: ${what}.`),
      ...shared,
      ...more.pins,
    }),
    outputSchema: pins({ result: emitted(value, "The value.") }),
  } as const;
}

const date: JsonSchema = { type: "string", format: "date", pattern: "^\\d{4}-\\d{2}-\\d{2}$" };
const time: JsonSchema = { type: "string", format: "time", pattern: "^\\d{2}:\\d{2}:\\d{2}" };
const options = optional(list, [], "The texts to choose from.");
const headers = optional(listOf(text), ["Column 1", "Column 2", "Column 3"], "The names of the columns.");
const drive = {
  allowed_views: optional(listOf(text), [], "The views that its picker shows."),
  allow_folder_selection: optional(boolean, false, "Whether a folder may be picked too."),
};

// prettier-ignore
export const agentInputs = {
  any: input("c0a8e994-ebf1-4a9c-a4d8-89d09c86741b", "AgentInput", "any value", any),
  shortText: input("7fcd3bcb-8e1b-4e69-903d-32d3d4a92158", "AgentShortTextInput", "a short text", text),
  longText: input("90a56ffb-7024-4b2b-ab50-e26c5e5ab8ba", "AgentLongTextInput", "a text of many lines", text),
  number: input("96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98", "AgentNumberInput", "a whole number", integer),
  date: input("7e198b09-4994-47db-8b4d-952d98241817", "AgentDateInput", "a date, YYYY-MM-DD", date),
  time: input("2a1c757e-86cf-4c7e-aacf-060dc382e434", "AgentTimeInput", "a time of day, HH:MM:SS", time),
  dropdown: input("655d6fdf-a334-421c-b733-520549c07cd1", "AgentDropdownInput", "one of some options", text, { pins: { options } }),
  toggle: input("cbf36ab5-df4a-43b6-8a7f-f7ed8652116e", "AgentToggleInput", "true or false", boolean, { fallback: false }),
  table: input("5603b273-f41e-4020-af7d-fbc9c6a8d928", "AgentTableInput", "the rows of a table", listOf(object), { pins: { column_headers: headers } }),
  googleDriveFile: input("d3b32f15-6fd7-40e3-be52-e083f51b19a2", "AgentGoogleDriveFileInput", "a file of Google Drive", object, { pins: drive }),
};

const fileInput = [
  "95ead23f-8283-4654-aef3-10c053b74a31",
  "AgentFileInput",
  "a file: a URL, a data URI or a reference, which it stores",
] as const;
const base64 = optional(boolean, false, "Whether to emit a data URI instead of a reference.");

export const agentFileInput = define({
  ...described(...fileInput, text, { pins: { base_64: base64 } }),
  placement: "remote",
});

export const agentOutput = define({
  id: "363ae599-353e-4804-937e-b2ee3cef3da4",
  name: "AgentOutput",
  description: "An output of the graph: its value, or a text made of it by a template.",
  placement: "inline",
  role: "output",
  staticOutput: true,
  errorPin: false,
  inputSchema: pins({
    value: optional(any, null, "The value."),
    name: required(text, "The name of the output."),
    title: shared.title,
    description: shared.description,
    format: optional(text, "", "A Jinja template in which the value has the output's name; empty: the value as it is."),
    escape_html: optional(boolean, false, "Whether the template escapes HTML in what it prints."),
    advanced: shared.advanced,
    secret: shared.secret,
  }),
  outputSchema: pins({
    output: emitted(any, "The value, or the text of the template."),
    name: emitted(text, "The name, where there is no template."),
  }),
});

/** `graphId`, `graphVersion` and `masks` are the only pins that are not named as in an export. */
export const agentExecutor = define({
  id: agentExecutorBlockId,
  name: "AgentExecutor",
  description: "Runs another graph as a child execution; its pins are that graph's inputs and outputs.",
  placement: "child",
  role: "agent",
  errorPin: false,
  inputSchema: pins({
    graphId: required(text, "The graph to run."),
    graphVersion: required(integer, "Its version."),
    user_id: optional(text, "", "Kept from imports; the owner of the execution counts."),
    agent_name: optional(nullable(text), null, "A name to show."),
    inputs: optional(object, {}, "Inputs of the child; linked ones win."),
    input_schema: optional(object, {}, "Kept from imports; the graph's own schema counts."),
    output_schema: optional(object, {}, "Kept from imports; the graph's own schema counts."),
    masks: optional(
      { type: ["object", "null"] },
      null,
      "Values that replace inputs of nodes of the child, by node and pin.",
    ),
  }),
  outputSchema: pins({}),
});
