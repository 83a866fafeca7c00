import { catalog } from "../../../blocks/catalog";
import { agentExecutorBlockId } from "../../../graph/block";
import type { GraphDraft, GraphNode, NestedGraph } from "../../../graph/definition";
import { parseGraphId } from "../../../graph/ids";
import { neededGraphs, nestedGraphs, planRegistration } from "../../../graph/register";
import { countGraphs, draft, node } from "./fixtures";

const target = { id: parseGraphId("22222222-2222-7222-8222-222222222222"), version: 4 };

function plan(given: GraphDraft, savedVersions: readonly NestedGraph[] = []) {
  return planRegistration(given, {
    blocks: catalog,
    target,
    findGraph: (id, version) => savedVersions.find((one) => one.graphId === id && one.version === version) ?? null,
    mintGraphId: countGraphs(),
  });
}

function planned(given: GraphDraft, savedVersions: readonly NestedGraph[] = []) {
  const registration = plan(given, savedVersions);
  if (!registration.ok) throw new Error(JSON.stringify(registration.faults));
  return registration;
}

const nested = (id: string, graphId: string, graphVersion?: number): GraphNode => ({
  id,
  blockId: agentExecutorBlockId,
  constants: graphVersion === undefined ? { graphId } : { graphId, graphVersion },
});

const greeter: GraphDraft = draft(
  [node("who", "AgentInput", { name: "who" }), node("hi", "AgentOutput", { name: "hi" })],
  ["who.result -> hi.value"],
  { id: "greeter" },
);

describe("planRegistration", () => {
  test("makes links that leave a static block static and leaves the others as they are", () => {
    const nodes = [
      node("s", "StoreValue", { input: 1 }),
      node("c", "CreateList", { values: [] }),
      node("n", "CountItems"),
    ];
    const given = draft(nodes, ["s.output -> n.collection", "c.list -> n.collection", "c.error => n.collection"]);
    expect(planned(given).graph.definition.links.map(({ isStatic }) => isStatic)).toEqual([true, false, true]);
  });

  test("gives subGraphs new ids, and rewrites what names them", () => {
    const { graph, subGraphs } = planned(
      draft([nested("a", "greeter"), nested("b", "greeter", 1)], ["a.hi -> b.who"], { subGraphs: [greeter] }),
    );
    const [sub] = subGraphs;
    expect(sub).toMatchObject({ version: 1, name: "test" });
    expect(graph.definition.nodes.map(({ constants }) => constants)).toEqual([
      { graphId: sub?.id, graphVersion: 1 },
      { graphId: sub?.id, graphVersion: 1 },
    ]);
    expect(graph.definition.nested.a).toEqual({
      graphId: sub?.id,
      version: 1,
      inputSchema: sub?.inputSchema,
      outputSchema: sub?.outputSchema,
    });
    expect(nestedGraphs(graph.definition)).toEqual([{ id: sub?.id, version: 1 }]);
  });

  test("lets subGraphs nest each other and the graph itself, in any order and in a circle", () => {
    const one = draft([nested("x", "two"), nested("y", target.id)], [], { id: "one" });
    const two = draft([nested("x", "one")], [], { id: "two" });
    const { graph, subGraphs } = planned(draft([nested("x", "one")], [], { id: target.id, subGraphs: [one, two] }));
    const [first, second] = subGraphs;
    expect(graph.definition.nested.x?.graphId).toBe(first?.id);
    expect(first?.definition.nested.x?.graphId).toBe(second?.id);
    expect(first?.definition.nested.y).toMatchObject({ graphId: target.id, version: 4 });
    expect(second?.definition.nested.x?.graphId).toBe(first?.id);
  });

  test("lets a node name its own graph with the version that this request creates, or one that was saved before", () => {
    const old: NestedGraph = {
      graphId: target.id,
      version: 3,
      inputSchema: { type: "object", properties: {}, required: [] },
      outputSchema: { type: "object", properties: { old: {} }, required: [] },
    };
    const given = draft(
      [nested("next", target.id, 4), nested("old", target.id, 3), node("out", "AgentOutput", { name: "now" })],
      ["old.old -> out.value"],
      { id: target.id },
    );
    const { nested: found } = planned(given, [old]).graph.definition;
    expect(found.old).toEqual(old);
    expect(Object.keys(found.next?.outputSchema.properties ?? {})).toEqual(["now"]);
  });

  test("says which version a request creates where a node names another", () => {
    const registration = plan(draft([nested("x", "greeter", 2)], [], { subGraphs: [greeter] }));
    expect(registration).toEqual({
      ok: false,
      faults: [{ pointer: "/nodes/0/constants/graphVersion", detail: 'this request creates version 1 of "greeter"' }],
    });
  });

  test("has equal content for equal requests, whatever ids are minted, and other content for others", () => {
    const given = draft([nested("x", "greeter")], [], { subGraphs: [greeter] });
    const other = { ...given, subGraphs: [{ ...greeter, name: "other" }] };
    const elsewhere = planRegistration(given, {
      blocks: catalog,
      target: { ...target, version: 5 },
      findGraph: () => null,
      mintGraphId: () => parseGraphId("33333333-3333-7333-8333-333333333333"),
    });
    expect(elsewhere).toMatchObject({ ok: true, graph: { content: planned(given).graph.content } });
    expect(planned(other).graph.content).not.toBe(planned(given).graph.content);
  });
});

describe("neededGraphs", () => {
  test("lists each saved version that nodes of the request may name, once", () => {
    const id = "44444444-4444-7444-8444-444444444444";
    const sub = draft([nested("x", id, 2), nested("y", id, 1), nested("z", "greeter", 1)], [], { id: "sub" });
    expect(neededGraphs(draft([nested("x", id, 1), nested("y", id)], [], { subGraphs: [sub] }))).toEqual([
      { id, version: 1 },
      { id, version: 2 },
    ]);
  });
});
