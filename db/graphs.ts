import { createHash } from "node:crypto";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { GraphDefinition } from "../graph/definition";
import type { GraphId } from "../graph/ids";
import type { PinSchema } from "../graph/json";
import type { Database } from "./client";
import { graphs } from "./schema";

export type GraphRef = { readonly id: GraphId; readonly version: number };

/** One saved version of a graph; it never changes. */
export type SavedGraph = GraphRef & {
  readonly name: string;
  readonly description: string;
  readonly definition: GraphDefinition;
  readonly inputSchema: PinSchema;
  readonly outputSchema: PinSchema;
  /** The nested graphs that were saved with it. */
  readonly subGraphs: readonly GraphRef[];
  readonly createdAt: Date;
};

export type NewGraph = Omit<SavedGraph, "createdAt"> & {
  /** The same for two requests that say the same: `findSameContent` looks for it. */
  readonly content: string;
};

const saved = {
  id: graphs.id,
  version: graphs.version,
  name: graphs.name,
  description: graphs.description,
  definition: graphs.definition,
  inputSchema: graphs.inputSchema,
  outputSchema: graphs.outputSchema,
  subGraphs: graphs.subGraphs,
  createdAt: graphs.createdAt,
};

function hash(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Saves new versions, all or none, and answers them in their order. Throws what `isDuplicate` knows if one of the versions is
 * taken: another save was quicker, plan again.
 */
export async function saveGraphs(db: Database, ownerId: string, all: readonly NewGraph[]): Promise<SavedGraph[]> {
  const rows = all.map(({ content, subGraphs, ...graph }) => ({
    ...graph,
    ownerId,
    subGraphs: [...subGraphs],
    contentHash: hash(content),
  }));
  return await db.orm.insert(graphs).values(rows).returning(saved);
}

/** The given version of an owner's graph, or its latest. */
export async function readGraph(
  db: Database,
  ownerId: string,
  id: GraphId,
  version: number | null,
): Promise<SavedGraph | null> {
  const [row] = await db.orm
    .select(saved)
    .from(graphs)
    .where(
      and(eq(graphs.id, id), eq(graphs.ownerId, ownerId), version === null ? undefined : eq(graphs.version, version)),
    )
    .orderBy(desc(graphs.version))
    .limit(1);
  return row ?? null;
}

/** What a version runs, whoever owns it; null: there is none. */
export async function readDefinition(db: Database, { id, version }: GraphRef): Promise<GraphDefinition | null> {
  const [row] = await db.orm
    .select({ definition: graphs.definition })
    .from(graphs)
    .where(and(eq(graphs.id, id), eq(graphs.version, version)));
  return row?.definition ?? null;
}

/** Those of the versions that the owner has, in no order. */
export async function readGraphs(db: Database, ownerId: string, refs: readonly GraphRef[]): Promise<SavedGraph[]> {
  if (refs.length === 0) return [];
  const wanted = refs.map(({ id, version }) => sql`(${id}::uuid, ${version}::int)`);
  return await db.orm
    .select(saved)
    .from(graphs)
    .where(and(eq(graphs.ownerId, ownerId), inArray(sql`(${graphs.id}, ${graphs.version})`, wanted)));
}

/** The version that a start without one runs; null where the owner has no such graph, or not the version asked for. */
export async function findVersion(
  db: Database,
  ownerId: string,
  id: GraphId,
  version: number | null,
): Promise<number | null> {
  const { rows } = await db.pool.query<{ version: number }>({
    name: "find_version",
    text: `select version from graphs where id = $1 and owner_id = $2 and ($3::int is null or version = $3)
      order by version desc limit 1`,
    values: [id, ownerId, version],
  });
  return rows[0]?.version ?? null;
}

/** The latest version with the same content. */
export async function findSameContent(
  db: Database,
  ownerId: string,
  { id, content }: Pick<NewGraph, "id" | "content">,
): Promise<SavedGraph | null> {
  const [row] = await db.orm
    .select(saved)
    .from(graphs)
    .where(and(eq(graphs.id, id), eq(graphs.ownerId, ownerId), eq(graphs.contentHash, hash(content))))
    .orderBy(desc(graphs.version))
    .limit(1);
  return row ?? null;
}

export type GraphSummary = Omit<SavedGraph, "definition" | "subGraphs">;
/** Place in the list: creation time and id of the last graph seen. */
export type GraphCursor = { readonly createdAt: Date; readonly id: string };

/** The latest version of each of an owner's graphs, the newest first; at most `limit`, after `cursor`. */
export async function listGraphs(
  db: Database,
  ownerId: string,
  { limit, cursor }: { limit: number; cursor: GraphCursor | null },
): Promise<GraphSummary[]> {
  const { definition: _definition, subGraphs: _subGraphs, ...summary } = saved;
  return await db.orm
    .select(summary)
    .from(graphs)
    .where(
      and(
        eq(graphs.ownerId, ownerId),
        sql`not exists (select 1 from graphs later where later.id = ${graphs.id} and later.version > ${graphs.version})`,
        cursor
          ? sql`(${graphs.createdAt}, ${graphs.id}) < (${cursor.createdAt.toISOString()}, ${cursor.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(graphs.createdAt), desc(graphs.id))
    .limit(limit);
}
