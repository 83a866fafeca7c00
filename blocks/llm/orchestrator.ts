import { BlockFailure } from "../block";
import type { Inputs, RemoteBlock } from "../block";
import { invalid, readBoolean, readInteger, readList } from "../inputs";
import { dump } from "../texts";
import type { RenderAside } from "../template/threads";
import * as definitions from "./definition";
import { assistantCalls, assistantSays, callsOf, readMessages, toolAnswers, userSays } from "./messages";
import type { Message } from "./messages";
import { attempts, modelOf } from "./model";
import { fillerOf, promptOf } from "./prompt";
import { emissionsOf, faultOf, toolSetOf, toolsOf } from "./tools";

/**
 * One round: the model answers, or calls some of the nodes behind the `tools` links. The next round begins when what they
 * answered comes back with the conversation.
 */
export function orchestrator(render: RenderAside): RemoteBlock {
  return {
    definition: definitions.orchestrator,
    attempts,
    run: async (inputs, context) => {
      if (readInteger(inputs, "agent_mode_max_iterations", 0) !== 0) {
        const why = "agent_mode_max_iterations must be 0: tools run as nodes of the graph, not inside this block";
        throw new BlockFailure("not_supported", why);
      }
      const tools = toolsOf(context.tools);
      const round = await beginRound(inputs, () => promptOf(inputs, fillerOf(inputs, render, context)));
      // Of several calls some have not come back: the model is asked when all have.
      if (round.waitsFor > 0) return [{ pin: "conversations", value: round.messages }];

      const ask = modelOf(inputs, context);
      const several = readBoolean(inputs, "multiple_tool_calls", false);
      let messages = round.messages;
      let fault = "";
      for (let left = Math.max(1, readInteger(inputs, "retry", 3)); left > 0; left -= 1) {
        const said = await ask({ messages, tools: toolSetOf(tools), severalCalls: several });
        const calls = several ? said.calls : said.calls.slice(0, 1);
        const wrong = faultOf(tools, calls);
        if (wrong === null) {
          if (calls.length === 0) return [{ pin: "finished", value: said.text }];
          return [
            ...calls.flatMap((call) => emissionsOf(tools, call)),
            { pin: "conversations", value: [...messages, assistantCalls(said.text, calls)] },
          ];
        }
        fault = wrong;
        const described = calls.map(({ name, input }) => `${name} ${dump(input)}`).join("; ");
        messages = [
          ...messages,
          assistantSays(`I call: ${described}`),
          userSays(`That does not work: ${wrong} Again.`),
        ];
      }
      throw new BlockFailure("model_answer_invalid", `the model did not call a tool as it is: ${fault}`);
    },
  };
}

type Round = { readonly messages: readonly Message[]; readonly waitsFor: number };

/** The first round has the prompt; a later one the conversation, with the answer to its first open call. */
async function beginRound(inputs: Inputs, prompt: () => Promise<Message[]>): Promise<Round> {
  const history = readMessages(readList(inputs, "conversation_history", []), "conversation_history");
  const output = inputs["last_tool_output"] ?? null;
  const open = openCalls(history);
  if (open.length === 0) {
    if (output !== null) throw invalid("last_tool_output answers no call: link conversation_history with it");
    return { messages: [...history, ...(await prompt())], waitsFor: 0 };
  }
  if (output === null) throw invalid("a tool was called: link last_tool_output with conversation_history");
  const [first = "", ...others] = open;
  const answer = toolAnswers(first, typeof output === "string" ? output : dump(output));
  return { messages: [...history, answer], waitsFor: others.length };
}

/** Calls of the last message that has any; endpoints give the same ids again in later ones. */
function openCalls(history: readonly Message[]): string[] {
  const last = history.findLastIndex((message) => callsOf(message).length > 0);
  const answered = new Set(history.slice(last + 1).map((message) => message["tool_call_id"]));
  return history
    .slice(last, last + 1)
    .flatMap(callsOf)
    .flatMap(({ id }) => (answered.has(id) ? [] : [id]));
}
