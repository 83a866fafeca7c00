import { any, define, emitted, oneOf, optional, pins, required, text } from "../pins";

export const scopes = ["within_agent", "across_agents"] as const;

const key = required(text, "The name it is kept under, up to 1,000 bytes.");
const scope = optional(oneOf(...scopes), "within_agent", "For this graph alone, or for all graphs of its owner.");

export const persistInformation = define({
  id: "1d055e55-a2b9-4547-8311-907d05b0304d",
  name: "PersistInformation",
  description: "Keeps a value beyond the execution; the last one wins.",
  placement: "remote",
  inputSchema: pins({ key, value: required(any, "What to keep."), scope }),
  outputSchema: pins({ value: emitted(any, "What is kept now.") }),
});

export const retrieveInformation = define({
  id: "d8710fc9-6e29-481e-a7d5-165eb16f8471",
  name: "RetrieveInformation",
  description: "Emits a value that PersistInformation has kept, else a default.",
  placement: "remote",
  staticOutput: true,
  inputSchema: pins({ key, scope, default_value: optional(any, null, "What to emit where nothing is kept.") }),
  outputSchema: pins({ value: emitted(any, "The value.") }),
});
