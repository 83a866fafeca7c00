import { isObject, own } from "../../../graph/json";
import type { Json, JsonObject } from "../../../graph/json";
import { blockId } from "./fixtures";
import type { Run } from "./interpret";

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const numberOf = (value: Json | undefined): number => Number(value);
const pin = (name: string, value: Json | undefined) => ({ pin: name, value: value ?? null });

const input: Run = ({ value }) => (value === undefined || value === null ? [] : [pin("result", value)]);

const operations = new Map<Json | undefined, (a: number, b: number) => number>([
  ["Add", (a, b) => a + b],
  ["Subtract", (a, b) => a - b],
  ["Multiply", (a, b) => a * b],
]);

/** As little of each block as the worked expectations need. */
const runs: { readonly [block: string]: Run } = {
  AgentInput: input,
  AgentShortTextInput: input,
  AgentOutput: ({ value, name }) => [pin("output", value), pin("name", name)],
  StoreValue: ({ input: value, data }) => [pin("output", data ? data : value)],
  FillTextTemplate: ({ format, values }) => [
    pin(
      "output",
      String(format).replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => String(own(values as JsonObject, key))),
    ),
  ],
  Calculator: ({ operation, a, b }) => [pin("result", operations.get(operation)?.(numberOf(a), numberOf(b)))],
  StepThroughItems: ({ items }) => listOf(items).flatMap((item, i) => [pin("item", item), pin("key", i)]),
  FindInDictionary: ({ input: value, key }) => {
    const found = isObject(value) ? own(value, String(key)) : undefined;
    return [found === undefined ? pin("missing", value) : pin("output", found)];
  },
  RemoveFromDictionary: ({ dictionary, key }) =>
    isObject(dictionary) && Object.hasOwn(dictionary, String(key)) ? [] : [pin("error", `no key ${String(key)}`)],
  CreateList: ({ values }) => [pin("list", values)],
  AddToList: ({ list, entry }) => [pin("updated_list", [...listOf(list), entry ?? null])],
  CountItems: ({ collection }) => [pin("count", listOf(collection).length)],
  Condition: ({ operator, value1, value2, yes_value, no_value }) => {
    const result = operator === "==" ? value1 === value2 : numberOf(value1) > numberOf(value2);
    return [
      pin("result", result),
      result ? pin("yes_output", yes_value ?? value1) : pin("no_output", no_value ?? value2),
    ];
  },
};

const byId = new Map(Object.entries(runs).map(([name, run]) => [blockId(name), run]));

export function stubOf(id: string): Run {
  const run = byId.get(id);
  if (!run) throw new Error(`no stub of block ${id}`);
  return run;
}
