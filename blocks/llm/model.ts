import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, streamText } from "ai";
import type { ToolSet } from "ai";
import { isObject } from "../../graph/json";

import { BlockFailure } from "../block";
import type { BlockContext, Inputs } from "../block";
import { invalid, readInteger, readText } from "../inputs";
import { toFailure } from "./failures";
import { toModelMessages } from "./messages";
import type { Message, ToolCall } from "./messages";

export type Said = { readonly text: string; readonly calls: readonly ToolCall[] };

export type Question = {
  readonly messages: readonly Message[];
  readonly maxTokens?: number | null;
  readonly json?: boolean;
  readonly tools?: ToolSet;
  /** false: at most one tool is called. */
  readonly severalCalls?: boolean;
};

export type Ask = (question: Question) => Promise<Said>;

/** Attempts of a call that failed for a passing reason (failures.ts). */
export const attempts = 3;

/** An answer that says nothing for so long is given up. */
const stalledMs = 120_000;

/**
 * Asks the model that a node names. The answer is streamed, so that a stop ends it at once and a stall is seen. Tokens are
 * counted as used also where the answer is of no use. Throws the signal's reason, or a `BlockFailure` (failures.ts).
 */
export function modelOf(inputs: Inputs, context: BlockContext, limits = { stalledMs }): Ask {
  const { model, endpoint } = choose(inputs, context);
  const maxTokens = readInteger(inputs, "max_tokens", null);

  return async (question) => {
    const stall = new AbortController();
    const timer = setTimeout(() => stall.abort(), limits.stalledMs);
    const { signal, use } = context;
    const longest = question.maxTokens === undefined ? maxTokens : question.maxTokens;
    try {
      signal.throwIfAborted();
      const answer = streamText({
        model: endpoint(model),
        messages: toModelMessages(question.messages),
        allowSystemInMessages: true,
        maxRetries: 0, // attempts are Temporal's, and recorded
        abortSignal: AbortSignal.any([signal, stall.signal]),
        onError: () => undefined, // by default it is printed; the stream throws it below
        ...(longest === null ? {} : { maxOutputTokens: longest }),
        ...(question.json ? { output: Output.json() } : {}),
        ...(question.tools ? { tools: question.tools } : {}),
        ...(question.severalCalls === false ? { providerOptions: { treeline: { parallel_tool_calls: false } } } : {}),
      });
      let text = "";
      const calls: ToolCall[] = [];
      for await (const part of answer.fullStream) {
        timer.refresh();
        if (part.type === "error") throw part.error;
        if (part.type === "abort") throw stalled(limits.stalledMs);
        if (part.type === "text-delta") {
          text += part.text;
          context.token(part.text);
        }
        if (part.type === "tool-call") {
          const input: unknown = part.input;
          calls.push({ id: part.toolCallId, name: part.toolName, input: isObject(input) ? input : {} });
        }
        if (part.type === "finish") use(amountsOf(part.totalUsage));
      }
      return { text, calls };
    } catch (error) {
      signal.throwIfAborted();
      throw stall.signal.aborted ? stalled(limits.stalledMs) : toFailure(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

function stalled(afterMs: number): BlockFailure {
  return new BlockFailure("model_unavailable", `the model said nothing for ${afterMs / 1000} s`, { retryable: true });
}

function amountsOf(usage: { readonly inputTokens?: number | undefined; readonly outputTokens?: number | undefined }) {
  return { requests: 1, inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 };
}

function choose(inputs: Inputs, { models, credential, log }: BlockContext) {
  const reference = inputs["credentials"] ?? null;
  const given = reference === null ? null : credential(reference);
  if (given && given.type !== "api_key") throw invalid("credentials must name one of the type api_key");
  const baseURL = given?.baseUrl ?? models?.baseUrl;
  if (baseURL === undefined) {
    throw new BlockFailure("model_missing", "no endpoint for language models is set: TREELINE_LLM_URL is empty");
  }
  const named = readText(inputs, "model", "");
  // An endpoint of a credential has models of its own.
  const isKnown = named !== "" && (given?.baseUrl !== undefined || models?.known.includes(named));
  const model = isKnown ? named : (models?.model ?? named);
  if (named !== "" && !isKnown) log.warn({ named, model }, "the model is not known here; the default runs");
  const apiKey = given?.apiKey ?? models?.apiKey;
  const provider = createOpenAICompatible({
    name: "treeline",
    baseURL,
    includeUsage: true,
    ...(apiKey ? { apiKey } : {}),
  });
  return { model, endpoint: (name: string) => provider(name) };
}
