import type { BlockCatalog } from "./block";
import type { GraphDefinition, GraphDraft, GraphNode, NestedGraph } from "./definition";
import type { Fault } from "./errors";
import { isUuid7, parseGraphId } from "./ids";
import type { GraphId } from "./ids";
import { inputSchemaOf, outputSchemaOf } from "./pin-schemas";
import { isNested, nestedOf, referenceOf } from "./reference";
import type { FindNested, GraphReference } from "./reference";
import type { PinSchema } from "./json";
import { validateGraph } from "./validate";

export type GraphVersion = { readonly id: GraphId; readonly version: number };

export type RegistrationContext = {
  readonly blocks: BlockCatalog;
  /** What the draft becomes: a new id with version 1, or a known id with its next version. */
  readonly target: GraphVersion;
  /** A saved version, of those that `neededGraphs` lists. */
  readonly findGraph: (id: GraphId, version: number) => NestedGraph | null;
  /** Ids of the subGraphs, which are always new graphs. */
  readonly mintGraphId: () => GraphId;
};

/** What is to be stored as one version of a graph. */
export type RegisteredGraph = GraphVersion & {
  readonly name: string;
  readonly description: string;
  readonly definition: GraphDefinition;
  readonly inputSchema: PinSchema;
  readonly outputSchema: PinSchema;
  /** The same for two requests that say the same, whatever ids they were given: to be hashed and compared. */
  readonly content: string;
};

export type Registration =
  | { readonly ok: true; readonly graph: RegisteredGraph; readonly subGraphs: readonly RegisteredGraph[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The saved graphs a draft and its subGraphs may name: those to have at hand for `planRegistration`. */
export function neededGraphs(draft: GraphDraft): GraphVersion[] {
  const needed = new Map<string, GraphVersion>();
  for (const node of [draft, ...(draft.subGraphs ?? [])].flatMap((graph) => graph.nodes)) {
    const reference = referenceOf(node);
    if (!reference || "detail" in reference || reference.version === null || !isUuid7(reference.graphId)) continue;
    const { graphId, version } = reference;
    needed.set(`${graphId} ${version}`, { id: parseGraphId(graphId), version });
  }
  return [...needed.values()];
}

/**
 * What one request to save a graph stores, or every fault in it. Inside the request a node names a subGraph by its draft `id`,
 * and the graph itself by its own with the version that the request creates; there `graphVersion` may be left out. What is stored
 * names real ids and versions.
 */
export function planRegistration(draft: GraphDraft, context: RegistrationContext): Registration {
  const graph = memberOf(draft, "", context.target, context);
  const subGraphs = (draft.subGraphs ?? []).map((sub, i) =>
    memberOf(sub, `/subGraphs/${i}`, { id: context.mintGraphId(), version: 1 }, context),
  );
  const members = [graph, ...subGraphs];
  const findNested = finderAmong(members, context);
  const faults = [
    ...members.flatMap(({ draft: one, at }) => validateGraph(one, { blocks: context.blocks, findNested, at })),
    ...repeatedIds(members),
  ];
  if (faults.length > 0) return { ok: false, faults };
  const register = (member: Member) => registered(member, findNested, context.blocks);
  return { ok: true, graph: register(graph), subGraphs: subGraphs.map(register) };
}

/** A graph of the request with what it becomes. */
type Member = { readonly draft: GraphDraft; readonly at: string; readonly becomes: NestedGraph };

function memberOf(
  draft: GraphDraft,
  at: string,
  { id, version }: GraphVersion,
  { blocks }: RegistrationContext,
): Member {
  const inputSchema = inputSchemaOf(draft.nodes, blocks);
  const outputSchema = outputSchemaOf(draft.nodes, blocks);
  return { draft, at, becomes: { graphId: id, version, inputSchema, outputSchema } };
}

function repeatedIds(members: readonly Member[]): Fault[] {
  const first = new Map<string, string>();
  return members.flatMap(({ draft: { id }, at }) => {
    if (id === undefined) return [];
    const twin = first.get(id);
    if (twin === undefined) first.set(id, at);
    return twin === undefined
      ? []
      : [{ pointer: `${at}/id`, detail: `"${id}" is the id of ${twin || "the graph"} already` }];
  });
}

/** What the request creates comes before what is saved. */
function finderAmong(members: readonly Member[], { findGraph }: RegistrationContext): FindNested {
  const created = new Map(
    members.toReversed().flatMap(({ draft: { id }, becomes }) => (id === undefined ? [] : [[id, becomes]])),
  );
  return ({ graphId, version }: GraphReference) => {
    const own = created.get(graphId);
    if (own && (version === null || version === own.version)) return own;
    if (version === null) {
      return {
        constant: "graphVersion",
        detail: `this request does not create "${graphId}", so its version has to be named`,
      };
    }
    const saved = isUuid7(graphId) ? findGraph(parseGraphId(graphId), version) : null;
    if (saved) return saved;
    return own
      ? { constant: "graphVersion", detail: `this request creates version ${own.version} of "${graphId}"` }
      : { constant: "graphId", detail: `nested graph not found: there is no "${graphId}" with version ${version}` };
  };
}

function registered({ draft, becomes }: Member, findNested: FindNested, blocks: BlockCatalog): RegisteredGraph {
  const { name, description = "" } = draft;
  const { graphId: id, version, inputSchema, outputSchema } = becomes;
  const definition = definitionOf(draft, findNested, blocks);
  return {
    id,
    version,
    name,
    description,
    definition,
    inputSchema,
    outputSchema,
    content: contentOf(draft, definition),
  };
}

/** Links that leave a static block are static, whatever the draft says; nested-graph nodes name real ids and carry their pins. */
function definitionOf(draft: GraphDraft, findNested: FindNested, blocks: BlockCatalog): GraphDefinition {
  const nested: [string, NestedGraph][] = [];
  const isStatic = new Map<string, boolean>();
  const nodes = draft.nodes.map((node): GraphNode => {
    isStatic.set(node.id, blocks.get(node.blockId)?.staticOutput ?? false);
    const found = nestedOf(node, findNested);
    if (!found || !isNested(found)) return node;
    nested.push([node.id, found]);
    return { ...node, constants: { ...node.constants, graphId: found.graphId, graphVersion: found.version } };
  });
  const links = draft.links.map((link) => ({
    ...link,
    isStatic: link.isStatic || isStatic.get(link.sourceId) === true,
  }));
  const { settings = {}, kept } = draft;
  return { nodes, links, settings, ...(kept ? { kept } : {}), nested: Object.fromEntries(nested) };
}

function contentOf(draft: GraphDraft, { links, settings }: GraphDefinition): string {
  const { name, description = "", nodes, subGraphs = [] } = draft;
  return JSON.stringify([name, description, nodes, links, settings, subGraphs]);
}

/** The graphs whose versions this one runs, each once: what an export has to look up, and again in those. */
export function nestedGraphs(definition: GraphDefinition): GraphVersion[] {
  const all = Object.values(definition.nested).map(({ graphId: id, version }) => ({ id, version }));
  return [...new Map(all.map((one) => [`${one.id} ${one.version}`, one])).values()];
}
