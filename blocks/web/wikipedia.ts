import { isObject } from "../../graph/json";
import { BlockFailure } from "../block";
import type { RemoteBlock } from "../block";
import { parseJson } from "../convert";
import { invalid, readText } from "../inputs";
import * as definitions from "./definition";
import { getMessage } from "./message";
import type { Send } from "./send";

const publicApi = "https://en.wikipedia.org/api/rest_v1/page/summary/";

export function getWikipediaSummary(send: Send, api = publicApi): RemoteBlock {
  return {
    definition: definitions.getWikipediaSummary,
    attempts: 3,
    run: async (inputs, context) => {
      const topic = readText(inputs, "topic").trim();
      if (topic === "") throw invalid("topic is empty");
      const url = new URL(api + encodeURIComponent(topic.replaceAll(" ", "_")));
      const { status, text } = await send(getMessage(url, "application/json"), context);
      if (status === 404) throw new BlockFailure("not_found", "Wikipedia has no page for this topic");
      if (status !== 200) {
        const retryable = status === 429 || status >= 500;
        throw new BlockFailure("request_failed", `Wikipedia answered ${status}`, { retryable });
      }
      const answer = parseJson(text);
      const summary = isObject(answer) ? answer["extract"] : undefined;
      if (typeof summary !== "string") throw new BlockFailure("answer_unreadable", "Wikipedia's answer has no summary");
      return [{ pin: "summary", value: summary }];
    },
  };
}
