import type { Database } from "../db/client";
import { findVersion, readGraph } from "../db/graphs";
import type { GraphLink, Limits, Masks } from "../graph/definition";
import { TreelineError, type Fault } from "../graph/errors";
import type { GraphId } from "../graph/ids";
import type { BlockCatalog } from "../graph/block";
import { maskFaults } from "../graph/masks";
import { inputsChecker, type CheckedInputs } from "./inputs";
import type { JsonObject } from "../graph/json";

/** What the API asks of a graph version again and again. */
export type GraphFacts = {
  readonly name: string;
  readonly checkInputs: (given: JsonObject) => CheckedInputs;
  readonly checkMasks: (masks: Masks) => readonly Fault[];
  readonly limits: Limits;
  /** Of each node: its own label, or its block's name. */
  readonly labelOf: (nodeId: string) => string;
  /** Those into one pin of a node. */
  readonly linksInto: (nodeId: string, pin: string) => readonly GraphLink[];
};

export type ReadGraphFacts = (ownerId: string, id: GraphId, version: number) => Promise<GraphFacts>;

/** Versions are immutable, so they are kept; the oldest goes first. */
const versionsKept = 500;

/** Throws `not_found` where the owner has no such version. */
export function graphFactsReader(db: Database, catalog: BlockCatalog): ReadGraphFacts {
  const kept = createCache<Promise<GraphFacts>>();

  async function read(ownerId: string, id: GraphId, version: number): Promise<GraphFacts> {
    const graph = await readGraph(db, ownerId, id, version);
    if (!graph) throw new TreelineError("not_found", `no graph has the id "${id}" and version ${version}`);
    const { nodes, links, settings } = graph.definition;
    const labels = new Map(nodes.map((node) => [node.id, node.label ?? catalog.get(node.blockId)?.name]));
    return {
      name: graph.name,
      checkInputs: inputsChecker(graph.inputSchema),
      checkMasks: (masks) => maskFaults(masks, graph.definition, catalog, "/masks"),
      limits: settings.limits ?? {},
      labelOf: (nodeId) => labels.get(nodeId) ?? nodeId,
      linksInto: (nodeId, pin) => links.filter(({ sinkId, sinkName }) => sinkId === nodeId && sinkName === pin),
    };
  }

  return (ownerId, id, version) => {
    const key = JSON.stringify([ownerId, id, version]);
    const found = kept.get(key);
    if (found) return found;
    const reading = read(ownerId, id, version);
    kept.set(key, reading);
    reading.catch(() => kept.delete(key));
    return reading;
  };
}

/** The newest versions of graphs; another process may have saved a later one than is `remembered`. */
export type NewestVersions = {
  remembered(ownerId: string, id: GraphId): number | null;
  /** null: the owner has no such graph. */
  read(ownerId: string, id: GraphId): Promise<number | null>;
};

export function newestVersions(db: Database): NewestVersions {
  const kept = createCache<number>();
  const keyOf = (ownerId: string, id: GraphId) => JSON.stringify([ownerId, id]);
  return {
    remembered: (ownerId, id) => kept.get(keyOf(ownerId, id)) ?? null,
    async read(ownerId, id) {
      const version = await findVersion(db, ownerId, id, null);
      if (version !== null) kept.set(keyOf(ownerId, id), version);
      return version;
    },
  };
}

function createCache<Value>() {
  const kept = new Map<string, Value>();
  return {
    get: (key: string) => kept.get(key),
    set(key: string, value: Value): void {
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > versionsKept && oldest !== undefined) kept.delete(oldest);
    },
    delete: (key: string) => kept.delete(key),
  };
}
