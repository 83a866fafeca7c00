import type { RemoteBlock } from "../block";
import { invalid, readList, readText } from "../inputs";
import type { RenderAside } from "../template/threads";
import * as definitions from "./definition";
import { readMessages, userSays } from "./messages";
import { attempts, modelOf } from "./model";
import { fillerOf, promptOf } from "./prompt";

export function textGenerator(render: RenderAside): RemoteBlock {
  return {
    definition: definitions.textGenerator,
    attempts,
    run: async (inputs, context) => {
      const messages = await promptOf(inputs, fillerOf(inputs, render, context));
      const { text } = await modelOf(inputs, context)({ messages });
      return [
        { pin: "response", value: text },
        { pin: "prompt", value: messages },
      ];
    },
  };
}

export const conversation: RemoteBlock = {
  definition: definitions.conversation,
  attempts,
  run: async (inputs, context) => {
    const said = readMessages(readList(inputs, "messages", []), "messages");
    const prompt = readText(inputs, "prompt", "");
    if (said.length === 0 && prompt === "") throw invalid("prompt and messages are both empty");
    const messages = prompt === "" ? said : [...said, userSays(prompt)];
    const { text } = await modelOf(inputs, context)({ messages });
    return [
      { pin: "response", value: text },
      { pin: "prompt", value: messages },
    ];
  },
};
