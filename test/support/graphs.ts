import type { JsonObject } from "../../graph/json";

const input = "7fcd3bcb-8e1b-4e69-903d-32d3d4a92158";
const template = "db7d8f02-2f44-4c55-ab7a-eae0941f0c30";
const output = "363ae599-353e-4804-937e-b2ee3cef3da4";
const agent = "e189baac-8c20-45a1-94a7-55177ea42565";
export const blockIds = { input, number: "96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98", template, output, agent } as const;

/** "Hi Ada!" for `{"who": "Ada"}`, "Hi you!" for `{}`. */
export const greeter = {
  name: "Greeter",
  description: "says hello",
  nodes: [
    { id: "who", blockId: input, constants: { name: "who", value: "you" }, label: "Who", position: { x: 0, y: 0 } },
    { id: "fill", blockId: template, constants: { format: "Hi {{person}}{{mark}}", "values_#_mark": "!" } },
    { id: "out", blockId: output, constants: { name: "greeting" } },
  ],
  links: [
    { sourceId: "who", sourceName: "result", sinkId: "fill", sinkName: "values_#_person", isStatic: true },
    { sourceId: "fill", sourceName: "output", sinkId: "out", sinkName: "value" },
  ],
} as const satisfies JsonObject;

/** Runs the greeter as a nested graph; the outer graph comes with it in `subGraphs`. */
export const wrapper = {
  name: "Wrapper",
  nodes: [
    { id: "name", blockId: input, constants: { name: "name" } },
    { id: "greet", blockId: agent, constants: { graphId: "greeter", graphVersion: 1 }, label: "Greet them" },
    { id: "result", blockId: output, constants: { name: "result" } },
  ],
  links: [
    { sourceId: "name", sourceName: "result", sinkId: "greet", sinkName: "who" },
    { sourceId: "greet", sourceName: "greeting", sinkId: "result", sinkName: "value" },
  ],
  subGraphs: [{ ...greeter, id: "greeter" }],
} as const satisfies JsonObject;
