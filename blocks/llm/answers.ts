import type { Json } from "../../graph/json";
import { BlockFailure } from "../block";
import { parseJson } from "../convert";
import { assistantSays, userSays } from "./messages";
import type { Message } from "./messages";
import type { Ask, Question } from "./model";

/** What an answer means, or what is wrong with it, in words for the model. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

export type Answered<T> = { readonly value: T; readonly sent: readonly Message[] };

/**
 * Asks until the answer can be read, `times` at most, each time saying what was wrong. Throws `BlockFailure`
 * `model_answer_invalid` then.
 */
export async function askUntil<T>(
  ask: Ask,
  question: Question,
  times: number,
  read: (text: string) => Reading<T>,
): Promise<Answered<T>> {
  let sent = question.messages;
  let wrong = "it was never asked";
  for (let left = Math.max(1, times); left > 0; left -= 1) {
    const { text } = await ask({ ...question, messages: sent });
    const reading = read(text);
    if ("value" in reading) return { value: reading.value, sent };
    ({ wrong } = reading);
    sent = [...sent, assistantSays(text), userSays(`That cannot be used: ${wrong} Answer again, and only with that.`)];
  }
  throw new BlockFailure("model_answer_invalid", `the model did not answer in the form that is wanted: ${wrong}`);
}

/** The JSON in an answer: all of it, what is in its fence of code, or from the first bracket to the last. */
export function jsonIn(text: string): Json | undefined {
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1];
  const from = text.search(/[[{]/);
  const to = Math.max(text.lastIndexOf("]"), text.lastIndexOf("}"));
  const candidates = [text, fenced, from >= 0 && to > from ? text.slice(from, to + 1) : undefined];
  return candidates
    .map((candidate) => (candidate === undefined ? undefined : parseJson(candidate.trim())))
    .find((value) => value !== undefined);
}
