import { readDuration } from "../../graph/durations";
import type { Json } from "../../graph/json";
import { BlockFailure, type Block, type ReviewBlock } from "../block";
import { invalid, readBoolean, readList, readObject, readText } from "../inputs";
import * as definitions from "./definition";

const answerersAtMost = 100;
const longestDeadlineMs = 3650 * 24 * 3_600_000;

const said = (pin: string, message: string | null) => (message ? [{ pin, value: message }] : []);

const humanInTheLoop: ReviewBlock = {
  definition: definitions.humanInTheLoop,
  ask: (inputs) => ({
    kind: "approval",
    answerers: [],
    question: readText(inputs, "name"),
    payload: inputs["data"] ?? null,
    schema: null,
    editable: readBoolean(inputs, "editable", true),
    deadlineMs: null,
    onTimeout: null,
  }),
  answered: (inputs, { decision, data, message }) => [
    {
      pin: decision === "approved" ? "approved_data" : "rejected_data",
      value: data === undefined ? (inputs["data"] ?? null) : data,
    },
    ...said("review_message", message),
  ],
};

const ask: ReviewBlock = {
  definition: definitions.ask,
  ask: (inputs) => {
    const fallback = inputs["default"] ?? null;
    const schema = readObject(inputs, "schema", {});
    return {
      kind: "question",
      answerers: answerersOf(readList(inputs, "answerers", [])),
      question: readText(inputs, "question"),
      payload: inputs["context"] ?? null,
      schema: Object.keys(schema).length > 0 ? schema : null,
      editable: true,
      deadlineMs: deadlineOf(readText(inputs, "deadline", "")),
      onTimeout: fallback === null ? null : [{ pin: "answer", value: fallback }],
    };
  },
  answered: (_inputs, { decision, data, message }) => {
    if (decision === "rejected") throw new BlockFailure("declined", message ?? "the question was declined");
    return [{ pin: "answer", value: data ?? null }, ...said("message", message)];
  },
};

function answerersOf(names: readonly Json[]): string[] {
  const isName = (name: Json) => typeof name === "string" && name.trim() !== "";
  if (names.length > answerersAtMost || !names.every(isName))
    throw invalid(`answerers must be at most ${answerersAtMost} names`);
  return names.map(String);
}

function deadlineOf(text: string): number | null {
  if (text.trim() === "") return null;
  const ms = readDuration(text.trim()) ?? 0;
  if (ms <= 0 || ms > longestDeadlineMs)
    throw invalid('deadline must be a time such as "30s", "2h" or "36h", at most 3650 days');
  return ms;
}

export const reviewBlocks: readonly Block[] = [humanInTheLoop, ask];
