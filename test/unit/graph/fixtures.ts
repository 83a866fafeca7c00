import { catalog } from "../../../blocks/catalog";
import type { GraphDraft, GraphLink, GraphNode } from "../../../graph/definition";
import type { Mint } from "../../../graph/deliver";
import { parseGraphId, parseNodeExecutionId } from "../../../graph/ids";
import type { GraphId } from "../../../graph/ids";
import type { JsonObject } from "../../../graph/json";
import { planRegistration } from "../../../graph/register";
import type { RegisteredGraph } from "../../../graph/register";

const ids = new Map([...catalog.values()].map(({ name, id }) => [name, id]));

/** The id of a block of the catalogue, by its name. */
export function blockId(name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`no block ${name}`);
  return id;
}

export function node(id: string, block: string, constants: JsonObject = {}): GraphNode {
  return { id, blockId: blockId(block), constants };
}

/** "a.output -> b.value"; with => the link is static. */
export function link(text: string): GraphLink {
  const match = /^(.+?)\.(.+) (->|=>) (.+?)\.(.+)$/.exec(text);
  if (!match) throw new Error(`no link: ${text}`);
  const [, sourceId = "", sourceName = "", arrow, sinkId = "", sinkName = ""] = match;
  return { sourceId, sourceName, sinkId, sinkName, isStatic: arrow === "=>" };
}

export function draft(
  nodes: readonly GraphNode[],
  links: readonly string[],
  more: Partial<GraphDraft> = {},
): GraphDraft {
  return { name: "test", nodes, links: links.map(link), ...more };
}

/** Ids that count up, so that equal runs mint equal ids. */
function counter<Id>(parse: (text: string) => Id): () => Id {
  let next = 0;
  return () => parse(`00000000-0000-7000-8000-${String(++next).padStart(12, "0")}`);
}

export const countExecutions = (): Mint => counter(parseNodeExecutionId);
export const countGraphs = (): (() => GraphId) => counter(parseGraphId);

/** What is saved of a graph without faults. */
export function register(nodes: readonly GraphNode[], links: readonly string[]): RegisteredGraph {
  const mintGraphId = countGraphs();
  const context = { blocks: catalog, target: { id: mintGraphId(), version: 1 }, findGraph: () => null, mintGraphId };
  const registration = planRegistration(draft(nodes, links), context);
  if (!registration.ok) throw new Error(JSON.stringify(registration.faults));
  return registration.graph;
}
