import type { z } from "zod";
import {
  exportedGraph,
  faultsOf,
  graphRequest,
  jsonSchemaOf,
  sizes,
  startRequest,
  stopRequest,
} from "../../../graph/schema";

function faults(schema: z.ZodType, body: unknown): [string, string][] {
  const parsed = schema.safeParse(body);
  return parsed.success ? [] : faultsOf(parsed.error).map(({ pointer, detail }) => [pointer, detail]);
}

const node = { id: "a", blockId: "b" };

describe("graphRequest", () => {
  test("fills in what may be left out", () => {
    expect(graphRequest.parse({ name: "x", nodes: [node] })).toEqual({
      name: "x",
      nodes: [{ ...node, constants: {} }],
      links: [],
    });
  });

  test("names every misfit and every unknown key with a pointer", () => {
    const body = {
      name: 5,
      nodes: [{ ...node, colour: "red", "a/b": 1, constants: [] }],
      links: [{ sourceId: "a", sourceName: "out", sinkId: "a" }],
      settings: { onNodeFailure: "panic", limits: { depth: -1, width: 1 } },
    };
    expect(
      faults(graphRequest, body)
        .map(([pointer]) => pointer)
        .sort(),
    ).toEqual([
      "/links/0/sinkName",
      "/name",
      "/nodes/0/a~1b",
      "/nodes/0/colour",
      "/nodes/0/constants",
      "/settings/limits/depth",
      "/settings/limits/width",
      "/settings/onNodeFailure",
    ]);
  });

  test("points at the whole body where that is no object", () => {
    expect(faults(graphRequest, "graph")).toEqual([["", expect.stringContaining("expected object")]]);
  });

  test("bounds sizes", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(sizes.jsonDepth + 1)}1${"}".repeat(sizes.jsonDepth + 1)}`) as unknown;
    const many = Object.fromEntries(Array.from({ length: sizes.constants + 1 }, (_, i) => [`k${i}`, 1]));
    const body = {
      name: "x".repeat(sizes.name + 1),
      nodes: [
        { ...node, constants: deep },
        { ...node, constants: many },
        { ...node, id: "nul\0" },
        { ...node, id: "" },
      ],
    };
    expect(faults(graphRequest, body).map(([pointer]) => pointer)).toEqual([
      "/name",
      "/nodes/0/constants",
      "/nodes/1/constants",
      "/nodes/2/id",
      "/nodes/3/id",
    ]);
    expect(
      faults(graphRequest, { name: "x", nodes: Array(sizes.nodes + 1).fill(node) }).map(([pointer]) => pointer),
    ).toEqual(["/nodes"]);
  });

  test("takes constants as they are, a key __proto__ included", () => {
    const constants = JSON.parse('{"__proto__":{"x":1},"b":2}') as unknown;
    const [parsed] = graphRequest.parse({ name: "x", nodes: [{ ...node, constants }] }).nodes;
    expect(JSON.stringify(parsed?.constants)).toBe('{"__proto__":{"x":1},"b":2}');
  });

  test("wants subGraphs flat, but takes the empty list that an export writes", () => {
    const sub = { name: "s", nodes: [], subGraphs: [] };
    expect(faults(graphRequest, { name: "x", nodes: [], subGraphs: [sub] })).toEqual([]);
    expect(faults(graphRequest, { name: "x", nodes: [], subGraphs: [{ ...sub, subGraphs: [sub] }] })).toEqual([
      ["/subGraphs/0/subGraphs/0", expect.stringContaining("outermost")],
    ]);
  });
});

describe("startRequest", () => {
  test("needs nothing", () => {
    expect(startRequest.parse({})).toEqual({ inputs: {} });
  });

  test("names every misfit", () => {
    const body = {
      inputs: [],
      version: 0,
      limits: { runTime: "soon" },
      budget: 1.5,
      priority: 6,
      labels: { a: 1 },
      input: {},
    };
    expect(
      faults(startRequest, body)
        .map(([pointer]) => pointer)
        .sort(),
    ).toEqual(["/budget", "/input", "/inputs", "/labels/a", "/limits/runTime", "/priority", "/version"]);
  });
});

describe("stopRequest", () => {
  test("has a deadline of 15 s and covers the subtree unless asked otherwise", () => {
    expect(stopRequest.parse({})).toMatchObject({ deadline: "15s", cascade: true, force: false, dryRun: false });
  });

  test.each(["11m", "15", 15])("refuses the deadline %j", (deadline) => {
    expect(faults(stopRequest, { deadline }).map(([pointer]) => pointer)).toEqual(["/deadline"]);
  });
});

test("every schema of a request can be written as JSON Schema", () => {
  for (const schema of [graphRequest, startRequest, stopRequest, exportedGraph]) {
    expect(jsonSchemaOf(schema)).toMatchObject({ type: "object" });
  }
  expect(jsonSchemaOf(startRequest)).toMatchObject({ properties: { inputs: { type: "object" } } });
});
