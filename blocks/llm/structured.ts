import type { Json } from "../../graph/json";
import { isObject } from "../../graph/json";
import type { RemoteBlock } from "../block";
import { readBoolean, readInteger, readList, readObject, readText } from "../inputs";
import type { RenderAside } from "../template/threads";
import { askUntil, jsonIn } from "./answers";
import type { Reading } from "./answers";
import * as definitions from "./definition";
import { readMessages, systemSays, userSays } from "./messages";
import { attempts, modelOf } from "./model";
import { fillerOf, promptOf } from "./prompt";

export function structuredResponseGenerator(render: RenderAside): RemoteBlock {
  return {
    definition: definitions.structuredResponseGenerator,
    attempts,
    run: async (inputs, context) => {
      const format = readObject(inputs, "expected_format");
      const asList = readBoolean(inputs, "list_result", false);
      const history = readMessages(readList(inputs, "conversation_history", []), "conversation_history");
      const form = systemSays(
        [
          `Answer with ${asList ? "a JSON list of objects" : "one JSON object"}, and with nothing else.`,
          `${asList ? "Each" : "It"} has exactly these keys; beside each stands what its value is:`,
          JSON.stringify(format, null, 2),
        ].join("\n"),
      );
      const messages = await promptOf(inputs, fillerOf(inputs, render, context), [...history, form]);
      const question = { messages, json: readBoolean(inputs, "force_json_output", false) && !asList };
      const { value, sent } = await askUntil(
        modelOf(inputs, context),
        question,
        readInteger(inputs, "retry", 3),
        (text) => readStructure(text, Object.keys(format), asList),
      );
      return [
        { pin: "response", value },
        { pin: "prompt", value: sent },
      ];
    },
  };
}

function readStructure(text: string, keys: readonly string[], asList: boolean): Reading<Json> {
  const json = jsonIn(text);
  if (json === undefined) return { wrong: "it is not JSON." };
  const value = asList ? listIn(json) : json;
  const items: readonly Json[] = asList && Array.isArray(value) ? value : [value];
  if (asList && !Array.isArray(value)) return { wrong: "it is not a list." };
  if (!items.every(isObject)) return { wrong: asList ? "not every item is an object." : "it is not an object." };
  const missing = keys.filter((key) => !items.every((item) => Object.hasOwn(item, key)));
  return missing.length === 0 ? { value } : { wrong: `keys are missing: ${missing.join(", ")}.` };
}

/** Endpoints that enforce JSON want an object, so a list may come as the one value of an object. */
function listIn(json: Json): Json {
  const values = isObject(json) ? Object.values(json) : [];
  const [only] = values;
  return values.length === 1 && Array.isArray(only) ? only : json;
}

export const listGenerator: RemoteBlock = {
  definition: definitions.listGenerator,
  attempts,
  run: async (inputs, context) => {
    const focus = readText(inputs, "focus", "");
    const source = readText(inputs, "source_data", "");
    const json = readBoolean(inputs, "force_json_output", false);
    const messages = [
      systemSays(
        json
          ? 'Answer with a JSON object {"list": [...]} whose list holds the items, and with nothing else.'
          : 'Answer with a JSON list of the items, such as ["one", "two"], and with nothing else.',
      ),
      userSays(
        [
          focus === "" ? "Make a list." : `Make a list of: ${focus}`,
          ...(source === "" ? [] : ["Take the items from this text:", source]),
        ].join("\n"),
      ),
    ];
    const times = readInteger(inputs, "max_retries", 3);
    const { value, sent } = await askUntil(modelOf(inputs, context), { messages, json }, times, (text) => {
      const found = jsonIn(text);
      const list = found === undefined ? undefined : listIn(found);
      return Array.isArray(list) ? { value: list as readonly Json[] } : { wrong: "it is not a JSON list." };
    });
    return [
      { pin: "generated_list", value },
      { pin: "prompt", value: sent },
      ...value.map((item) => ({ pin: "list_item", value: item })),
    ];
  },
};
