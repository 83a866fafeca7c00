import type { Database } from "../db/client";
import { isDuplicate } from "../db/errors";
import { findSameContent, findVersion, readGraph, readGraphs, saveGraphs, type SavedGraph } from "../db/graphs";
import type { BlockCatalog } from "../graph/block";
import type { GraphDraft } from "../graph/definition";
import { TreelineError, type Fault } from "../graph/errors";
import { parseGraphId } from "../graph/ids";
import { planImport } from "../graph/import";
import {
  neededGraphs,
  nestedGraphs,
  planRegistration,
  type GraphVersion,
  type RegisteredGraph,
} from "../graph/register";
import type { ExportedGraph } from "../graph/schema";
import { describe } from "./route";

export type Registered = {
  readonly graph: SavedGraph;
  readonly subGraphs: readonly SavedGraph[];
  /** false: a version with the same content was there. */
  readonly created: boolean;
};

type Context = {
  readonly db: Database;
  readonly catalog: BlockCatalog;
  readonly ownerId: string;
  /** UUIDv7s for what is new. */
  readonly mint: () => string;
};

/** Saves of one graph at once, all but one of which find their version taken and plan again. */
const rivals = 10;

/** Saves a draft with its subGraphs. Throws `not_found` for an unknown id, `invalid_graph` with every fault. */
export async function registerGraph(context: Context, draft: GraphDraft): Promise<Registered> {
  const { db, catalog, ownerId, mint } = context;
  const isNew = draft.id === undefined;
  const id = parseGraphId(draft.id ?? mint());
  const mintGraphId = () => parseGraphId(mint());
  for (let tries = 1; tries <= rivals; tries++) {
    const latest = isNew ? 0 : await findVersion(db, ownerId, id, null);
    if (latest === null) throw new TreelineError("not_found", `no graph has the id "${id}"`);
    const known = await readGraphs(db, ownerId, neededGraphs(draft));
    const findGraph = (wanted: string, version: number) => {
      const found = known.find((one) => one.id === wanted && one.version === version);
      if (!found) return null;
      return { graphId: found.id, version, inputSchema: found.inputSchema, outputSchema: found.outputSchema };
    };
    const target = { id, version: latest + 1 };
    const plan = planRegistration(draft, { blocks: catalog, target, findGraph, mintGraphId });
    if (!plan.ok) throw faulty(plan.faults);
    const same = isNew ? null : await findSameContent(db, ownerId, plan.graph);
    if (same) return { graph: same, subGraphs: await readSubGraphs(db, ownerId, same), created: false };
    const saved = await save(context, plan, isNew);
    if (saved) return saved;
  }
  throw new TreelineError("conflict", `too many saves of graph ${id} at once; ask again`);
}

/** Saves the graphs of an AutoGPT export file, all under new ids. Throws `invalid_graph` with every fault. */
export async function importGraph(
  context: Context,
  file: ExportedGraph,
): Promise<Registered & { readonly warnings: readonly Fault[] }> {
  const { catalog, mint } = context;
  const plan = planImport(file, { blocks: catalog, mintGraphId: () => parseGraphId(mint()), mintNodeId: mint });
  if (!plan.ok) throw faulty(plan.faults);
  const saved = await save(context, plan, true);
  if (!saved) throw new TreelineError("conflict", `the id ${plan.graph.id} is taken`);
  return { ...saved, warnings: plan.warnings };
}

function faulty(faults: readonly Fault[]): TreelineError {
  return new TreelineError("invalid_graph", describe("the graph has faults", faults), faults);
}

type Plan = { readonly graph: RegisteredGraph; readonly subGraphs: readonly RegisteredGraph[] };

/** null: the version is taken. A new id can only be taken by an earlier try of the same request: its result is answered. */
async function save({ db, ownerId }: Context, plan: Plan, isNew: boolean): Promise<Registered | null> {
  const refs = plan.subGraphs.map(({ id, version }) => ({ id, version }));
  const all = [{ ...plan.graph, subGraphs: refs }, ...plan.subGraphs.map((sub) => ({ ...sub, subGraphs: [] }))];
  try {
    const [graph, ...subGraphs] = await saveGraphs(db, ownerId, all);
    return graph ? { graph, subGraphs, created: true } : null;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const made = isNew ? await readGraph(db, ownerId, plan.graph.id, plan.graph.version) : null;
    return made && { graph: made, subGraphs: await readSubGraphs(db, ownerId, made), created: true };
  }
}

/** The nested graphs that were saved with a graph, in the order of the request. */
export async function readSubGraphs(db: Database, ownerId: string, graph: SavedGraph): Promise<SavedGraph[]> {
  const found = await readGraphs(db, ownerId, graph.subGraphs);
  return graph.subGraphs.flatMap((ref) => found.filter((one) => one.id === ref.id && one.version === ref.version));
}

/** Every graph that a graph runs, at any depth, each once and without itself. */
export async function readNested(db: Database, ownerId: string, graph: SavedGraph): Promise<SavedGraph[]> {
  const keyOf = ({ id, version }: GraphVersion) => `${id} ${version}`;
  const seen = new Set([keyOf(graph)]);
  const found: SavedGraph[] = [];
  for (let level: readonly SavedGraph[] = [graph]; level.length > 0;) {
    const refs = level.flatMap(({ definition }) => nestedGraphs(definition)).filter((ref) => !seen.has(keyOf(ref)));
    for (const ref of refs) seen.add(keyOf(ref));
    level = await readGraphs(db, ownerId, refs);
    found.push(...level);
  }
  return found;
}
