import type { RemoteBlock } from "../block";
import { readAny, readText } from "../inputs";
import { dump } from "../texts";
import { askUntil } from "./answers";
import type { Reading } from "./answers";
import * as definitions from "./definition";
import { systemSays, userSays } from "./messages";
import type { Message } from "./messages";
import { attempts, modelOf } from "./model";

export const condition: RemoteBlock = {
  definition: definitions.condition,
  attempts,
  run: async (inputs, context) => {
    const input = readAny(inputs, "input_value");
    const messages: Message[] = [
      systemSays(
        "You judge whether a condition holds for an input. Answer with the one word true or the one word false.",
      ),
      userSays(
        `Condition: ${readText(inputs, "condition")}\nInput: ${typeof input === "string" ? input : dump(input)}`,
      ),
    ];
    const { value: holds } = await askUntil(modelOf(inputs, context), { messages }, 1, readTruth);
    const chosen = inputs[holds ? "yes_value" : "no_value"] ?? null;
    return [
      { pin: "result", value: holds },
      { pin: holds ? "yes_output" : "no_output", value: chosen === null ? input : chosen },
    ];
  },
};

/** The one word of the answer that says so; two that contradict each other say nothing. */
function readTruth(text: string): Reading<boolean> {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const yes = words.some((word) => word === "true" || word === "yes");
  const no = words.some((word) => word === "false" || word === "no");
  return yes === no ? { wrong: "it is neither true nor false." } : { value: yes };
}
