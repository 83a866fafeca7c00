import type { ModelMessage } from "ai";
import { isObject } from "../../graph/json";
import type { Json, JsonObject } from "../../graph/json";
import { parseJson } from "../convert";
import { invalid } from "../inputs";
import { dump } from "../texts";

/** A message as the chat API of OpenAI has it: what graphs pass around. */
export type Message = JsonObject & { readonly role: string; readonly content: Json };

export const systemSays = (content: string): Message => ({ role: "system", content });
export const userSays = (content: string): Message => ({ role: "user", content });
export const assistantSays = (content: string): Message => ({ role: "assistant", content });

export type ToolCall = { readonly id: string; readonly name: string; readonly input: JsonObject };

export function assistantCalls(content: string, calls: readonly ToolCall[]): Message {
  return {
    role: "assistant",
    content: content === "" ? null : content,
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
    })),
  };
}

export const toolAnswers = (id: string, content: string): Message => ({ role: "tool", tool_call_id: id, content });

/** Throws `BlockFailure` `invalid_input` for what is no message. */
export function readMessages(all: readonly Json[], pin: string): Message[] {
  return all.map((one, i) => {
    const role = isObject(one) ? one["role"] : undefined;
    if (!isObject(one) || typeof role !== "string") throw invalid(`${pin}: item ${i} is no message with a role`);
    return { ...one, role, content: one["content"] ?? null };
  });
}

/** The calls of a message, oldest form and newest: those that are malformed are left out. */
export function callsOf(message: Message): ToolCall[] {
  const calls = message["tool_calls"];
  return (Array.isArray(calls) ? calls : []).flatMap((call: Json): ToolCall[] => {
    const called = isObject(call) ? call["function"] : undefined;
    if (!isObject(call) || !isObject(called)) return [];
    const { id } = call;
    const { name, arguments: given } = called;
    const input = typeof given === "string" ? parseJson(given) : given;
    return typeof id === "string" && typeof name === "string"
      ? [{ id, name, input: isObject(input) ? input : {} }]
      : [];
  });
}

export function toModelMessages(messages: readonly Message[]): ModelMessage[] {
  const names = new Map(messages.flatMap(callsOf).map(({ id, name }) => [id, name]));
  return messages.map((message): ModelMessage => {
    const content = textOf(message.content);
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", content };
      case "assistant": {
        const calls = callsOf(message).map(
          ({ id, name, input }) => ({ type: "tool-call", toolCallId: id, toolName: name, input }) as const,
        );
        const said = content === "" ? [] : [{ type: "text", text: content } as const];
        return { role: "assistant", content: calls.length === 0 ? content : [...said, ...calls] };
      }
      case "tool": {
        const id = textOf(message["tool_call_id"] ?? null);
        const output = { type: "text", value: content } as const;
        return {
          role: "tool",
          content: [{ type: "tool-result", toolCallId: id, toolName: names.get(id) ?? "unknown", output }],
        };
      }
      default:
        return { role: "user", content };
    }
  });
}

/** Parts that are texts are joined; anything else is shown as JSON. */
function textOf(content: Json): string {
  if (content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return dump(content);
  return content
    .map((part: Json) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : dump(part)))
    .join("\n");
}
