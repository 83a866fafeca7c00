import { jsonSchema, tool } from "ai";
import type { ToolSet } from "ai";
import { own } from "../../graph/json";
import type { JsonObject } from "../../graph/json";
import { toolPin } from "../../graph/pins";
import type { Emission } from "../../graph/definition";
import type { ToolPin } from "../block";
import type { ToolCall } from "./messages";

/** A sink node as a function: what the model calls its parameters, and which pin each one is. */
export type Tool = {
  readonly name: string;
  readonly sinkId: string;
  readonly description: string;
  readonly parameters: ReadonlyMap<string, ToolPin>;
};

/** One function for each sink node, in the order of the links; names as models accept them, each once. */
export function toolsOf(pins: readonly ToolPin[]): Tool[] {
  const bySink = new Map<string, ToolPin[]>();
  for (const pin of pins) bySink.set(pin.sinkId, [...(bySink.get(pin.sinkId) ?? []), pin]);
  const taken = new Set<string>();
  return [...bySink].map(([sinkId, linked]) => {
    const first = linked[0];
    const inside = new Set<string>();
    const parameters = linked.map((pin): [string, ToolPin] => [nameFor(pin.sinkPin, inside), pin]);
    return {
      name: nameFor((first?.name ?? "tool").toLowerCase(), taken),
      sinkId,
      description: first?.description ?? "",
      parameters: new Map(parameters),
    };
  });
}

function nameFor(text: string, taken: Set<string>): string {
  const name = text.replace(/[^a-zA-Z0-9-]+/g, "_").slice(0, 60);
  let free = name;
  for (let n = 2; taken.has(free); n += 1) free = `${name}_${n}`;
  taken.add(free);
  return free;
}

export function toolSetOf(tools: readonly Tool[]): ToolSet {
  return Object.fromEntries(
    tools.map((one) => [one.name, tool({ description: one.description, inputSchema: schemaOf(one) })]),
  );
}

function schemaOf({ parameters }: Tool) {
  const all = [...parameters];
  const schema = {
    type: "object",
    properties: Object.fromEntries(all.map(([name, { schema: of }]) => [name, of])),
    required: all.filter(([, pin]) => pin.required).map(([name]) => name),
    additionalProperties: false,
  };
  return jsonSchema(schema as object); // its own type wants mutable lists
}

/** What is wrong with calls, in words for the model; null: nothing. */
export function faultOf(tools: readonly Tool[], calls: readonly ToolCall[]): string | null {
  for (const call of calls) {
    const found = tools.find(({ name }) => name === call.name);
    if (!found) return `there is no tool "${call.name}".`;
    const unknown = Object.keys(call.input).filter((name) => !found.parameters.has(name));
    if (unknown.length > 0) return `the tool "${call.name}" has no parameter ${unknown.join(", ")}.`;
    const missing = [...found.parameters].filter(([name, pin]) => pin.required && !Object.hasOwn(call.input, name));
    if (missing.length > 0) return `the tool "${call.name}" needs ${missing.map(([name]) => name).join(", ")}.`;
  }
  return null;
}

/** One emission for each parameter, null where the model left it out: so every linked pin of the sink gets its value. */
export function emissionsOf(tools: readonly Tool[], { name, input }: ToolCall): Emission[] {
  const found = tools.find((one) => one.name === name);
  return [...(found?.parameters ?? [])].map(([parameter, { sinkId, sinkPin }]) => ({
    pin: toolPin(sinkId, sinkPin),
    value: own(input as JsonObject, parameter) ?? null,
  }));
}
