import type { Json, JsonObject } from "../../../graph/json";
import { planRegistration } from "../../../graph/register";
import { catalog } from "../../../blocks/catalog";
import { countGraphs, draft, node } from "./fixtures";

/** Faults of a graph with one node that asks a model. */
function faultsOf(constants: JsonObject) {
  const mintGraphId = countGraphs();
  const context = { blocks: catalog, target: { id: mintGraphId(), version: 1 }, findGraph: () => null, mintGraphId };
  const planned = planRegistration(draft([node("n", "AITextGenerator", { prompt: "x", ...constants })], []), context);
  return planned.ok ? [] : planned.faults;
}

const detail = "a credential is named here, never written: id, provider, type, title as texts, and nothing else";

test.each<[JsonObject]>([
  [{}],
  [{ credentials: null }],
  [{ credentials: { id: "mine" } }],
  [{ credentials: { id: "mine", provider: "openai", type: "api_key", title: null } }],
  [{ "credentials_#_id": "mine" }],
])("a graph may name a credential: %j", (constants) => {
  expect(faultsOf(constants)).toEqual([]);
});

test.each<[string, Json]>([
  ["credentials", "sk-1234"],
  ["credentials", ["sk-1234"]],
  ["credentials", { id: "mine", api_key: "sk-1234" }],
  ["credentials", { id: { api_key: "sk-1234" } }],
  ["credentials_#_api_key", "sk-1234"],
  ["credentials_#_id_#_key", "sk-1234"],
])("a graph may not hold one: %s %j", (pin, value) => {
  expect(faultsOf({ [pin]: value })).toEqual([{ pointer: `/nodes/0/constants/${pin}`, detail }]);
});

test("what only sounds like a credential is left alone", () => {
  expect(faultsOf({ max_tokens: 5, "prompt_values_#_credentials": "a word" })).toEqual([]);
});
