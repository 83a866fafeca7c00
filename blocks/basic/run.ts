import type { InlineBlock } from "../block";
import { convert, targets } from "../convert";
import { readAny, readChoice, readText } from "../inputs";
import { isTruthy } from "../truth";
import * as definitions from "./definition";

const storeValue: InlineBlock = {
  definition: definitions.storeValue,
  carries: Object.keys,
  run: (inputs) => {
    const data = inputs["data"] ?? null;
    return [{ pin: "output", value: isTruthy(data) ? data : readAny(inputs, "input") }];
  },
};

const printToConsole: InlineBlock = {
  definition: definitions.printToConsole,
  run: (inputs) => [
    { pin: "output", value: readAny(inputs, "text") },
    { pin: "status", value: "printed" },
  ],
};

const note: InlineBlock = {
  definition: definitions.note,
  run: (inputs) => [{ pin: "output", value: readText(inputs, "text") }],
};

const universalTypeConverter: InlineBlock = {
  definition: definitions.universalTypeConverter,
  run: (inputs) => [{ pin: "value", value: convert(readAny(inputs, "value"), readChoice(inputs, "type", targets)) }],
};

export const basicBlocks: readonly InlineBlock[] = [storeValue, printToConsole, note, universalTypeConverter];
