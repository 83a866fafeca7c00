import { isObject } from "../../graph/json";
import type { BlockContext, Inputs } from "../block";
import { invalid, readObject, readText } from "../inputs";
import type { RenderAside } from "../template/threads";
import { systemSays, userSays } from "./messages";
import type { Message } from "./messages";

/** Fills the templates of a node's prompts, on a thread: they may be long. */
export type Fill = (format: string) => Promise<string>;

/** Without values a prompt is sent as it is: it may hold braces of its own, such as JSON. */
export function fillerOf(inputs: Inputs, render: RenderAside, { signal }: BlockContext): Fill {
  const values = readObject(inputs, "prompt_values", {});
  if (!isObject(values) || Object.keys(values).length === 0) return (format) => Promise.resolve(format);
  return (format) => (format === "" ? Promise.resolve("") : render({ format, values, escapeHtml: false }, signal));
}

/** The system's part, if there is one, then `between`, then the prompt. */
export async function promptOf(inputs: Inputs, fill: Fill, between: readonly Message[] = []): Promise<Message[]> {
  const told = await fill(readText(inputs, "sys_prompt", ""));
  const asked = await fill(readText(inputs, "prompt", ""));
  const messages = [...(told === "" ? [] : [systemSays(told)]), ...between, ...(asked === "" ? [] : [userSays(asked)])];
  if (messages.length === 0) throw invalid("there is nothing to ask: the prompt is empty");
  return messages;
}
