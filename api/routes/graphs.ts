import { z } from "zod";
import { listGraphs, readGraph, type GraphRef } from "../../db/graphs";
import { TreelineError } from "../../graph/errors";
import { parseGraphId, type GraphId } from "../../graph/ids";
import { exportGraph } from "../../graph/export";
import { exportedGraph, graphRequest } from "../../graph/schema";
import type { AppDeps } from "../deps";
import { createdPlace, cursor, decodeCursor, page, pageSize } from "../query";
import { importGraph, readNested, readSubGraphs, registerGraph } from "../registration";
import { exportFile, graph, graphSummary, importedGraph, toGraph, toGraphSummary } from "../resources/graph";
import { route, type Route } from "../route";

const versionQuery = z.strictObject({ version: z.coerce.number().int().min(1).optional() });

export function graphRoutes({ db, catalog }: Pick<AppDeps, "db" | "catalog">): Route[] {
  const read = async (ownerId: string, id: GraphId, version: number | undefined) => {
    const found = await readGraph(db, ownerId, id, version ?? null);
    const which = version === undefined ? "" : ` and version ${version}`;
    if (!found) throw new TreelineError("not_found", `no graph has the id "${id}"${which}`);
    return found;
  };

  return [
    route({
      method: "post",
      path: "/v1/graphs",
      name: "saveGraph",
      summary: "Save a graph: a new one, or the next version of a known one",
      body: graphRequest,
      misfit: "invalid_graph",
      idempotent: true,
      answers: {
        201: { description: "Saved.", schema: graph, location: true },
        200: { description: "A version with the same content was there.", schema: graph, location: true },
      },
      errors: ["not_found", "invalid_graph"],
      async handle({ body, caller, mint }) {
        const saved = await registerGraph({ db, catalog, ownerId: caller.ownerId, mint }, body);
        return {
          status: saved.created ? 201 : 200,
          headers: { Location: locationOf(saved.graph) },
          body: toGraph(saved.graph, saved.subGraphs),
        };
      },
    }),

    route({
      method: "post",
      path: "/v1/graphs/import",
      name: "importGraph",
      summary: "Save the graphs of an AutoGPT export file, with new ids",
      body: exportedGraph,
      misfit: "invalid_graph",
      idempotent: true,
      answers: { 201: { description: "Saved.", schema: importedGraph, location: true } },
      errors: ["invalid_graph"],
      async handle({ body, caller, mint }) {
        const saved = await importGraph({ db, catalog, ownerId: caller.ownerId, mint }, body);
        return {
          status: 201,
          headers: { Location: locationOf(saved.graph) },
          body: { ...toGraph(saved.graph, saved.subGraphs), warnings: saved.warnings },
        };
      },
    }),

    route({
      method: "get",
      path: "/v1/graphs",
      name: "listGraphs",
      summary: "The latest version of each graph, the newest first",
      query: z.strictObject({ limit: pageSize, cursor }),
      answers: {
        200: {
          description: "One page.",
          schema: z.strictObject({ graphs: z.array(graphSummary), nextCursor: z.string().nullable() }),
        },
      },
      errors: [],
      async handle({ query, caller }) {
        const place = query.cursor === undefined ? null : decodeCursor(query.cursor, createdPlace);
        const found = await listGraphs(db, caller.ownerId, { limit: query.limit + 1, cursor: place });
        const { shown, nextCursor } = page(found, query.limit, ({ createdAt, id }) => [createdAt.toISOString(), id]);
        return { status: 200, body: { graphs: shown.map(toGraphSummary), nextCursor } };
      },
    }),

    route({
      method: "get",
      path: "/v1/graphs/{id}",
      name: "getGraph",
      summary: "A version of a graph; the latest unless said",
      query: versionQuery,
      answers: { 200: { description: "The graph.", schema: graph } },
      errors: ["not_found"],
      async handle({ id, query, caller }) {
        const found = await read(caller.ownerId, parseGraphId(id), query.version);
        return { status: 200, body: toGraph(found, await readSubGraphs(db, caller.ownerId, found)) };
      },
    }),

    route({
      method: "get",
      path: "/v1/graphs/{id}/export",
      name: "exportGraph",
      summary: "A version of a graph as an AutoGPT export file, with every graph it runs",
      query: versionQuery,
      answers: {
        200: { description: "The file.", schema: exportFile },
      },
      errors: ["not_found"],
      async handle({ id, query, caller }) {
        const found = await read(caller.ownerId, parseGraphId(id), query.version);
        const { file, removed } = exportGraph(found, await readNested(db, caller.ownerId, found), catalog);
        return { status: 200, body: { ...file, removed } };
      },
    }),
  ];
}

function locationOf({ id, version }: GraphRef): string {
  return `/v1/graphs/${id}?version=${version}`;
}
