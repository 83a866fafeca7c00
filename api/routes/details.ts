import { z } from "zod";
import { readTree } from "../../db/execution-tree";
import { readExecution } from "../../db/executions";
import { listNodeExecutions } from "../../db/node-executions";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId } from "../../graph/ids";
import { statuses } from "../../graph/status";
import type { AppDeps } from "../deps";
import type { ReadGraphFacts } from "../graph-facts";
import { cursor, decodeCursor, list, page, pageSize } from "../query";
import type { WorkflowLink } from "../resources/execution";
import { nodeExecution, toNodeExecution } from "../resources/node-execution";
import { toTree, tree } from "../resources/tree";
import { route, type Route } from "../route";

/** Executions in one answer; beyond, `truncated` says where to ask on. */
const treeLimit = 10_000;

type Deps = Pick<AppDeps, "db" | "catalog"> & {
  readonly readFacts: ReadGraphFacts;
  readonly linkTo: WorkflowLink;
  readonly outputBlocks: readonly string[];
};

/** What is inside an execution: its descendants and its node executions. */
export function detailRoutes({ db, catalog, readFacts, linkTo, outputBlocks }: Deps): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/executions/{id}/tree",
      name: "getTree",
      summary: "An execution with its descendants, nested",
      query: z.strictObject({
        depth: z.coerce.number().int().min(0).max(1_000).default(1_000).meta({ description: "Levels below it." }),
      }),
      answers: { 200: { description: "The tree.", schema: tree } },
      errors: ["not_found"],
      async handle({ id: text, query, caller }) {
        const id = parseExecutionId(text);
        const bounds = { depth: query.depth, limit: treeLimit };
        const records = await readTree(db, caller.ownerId, id, bounds, outputBlocks);
        const keyOf = ({ graphId, graphVersion }: { graphId: string; graphVersion: number }) =>
          `${graphId} ${graphVersion}`;
        const parents = new Map(records.flatMap(({ node }) => (node ? [[keyOf(node), node]] : [])));
        const facts = new Map(
          await Promise.all(
            [...parents].map(
              async ([key, { graphId, graphVersion }]) =>
                [key, await readFacts(caller.ownerId, graphId, graphVersion)] as const,
            ),
          ),
        );
        const top = toTree(records, (node) => facts.get(keyOf(node))?.labelOf(node.id) ?? node.id, linkTo);
        if (!top) throw new TreelineError("not_found", `no execution has the id "${id}"`);
        return { status: 200, body: top };
      },
    }),

    route({
      method: "get",
      path: "/v1/executions/{id}/nodes",
      name: "listNodeExecutions",
      summary: "Node executions of an execution, in the order they were made",
      query: z.strictObject({
        status: list(z.enum(statuses)),
        nodeId: z
          .string()
          .max(200)
          .refine((id) => !id.includes("\0"), "must not contain the character U+0000")
          .optional(),
        limit: pageSize,
        cursor,
      }),
      answers: {
        200: {
          description: "One page.",
          schema: z.strictObject({ nodes: z.array(nodeExecution), nextCursor: z.string().nullable() }),
        },
      },
      errors: ["not_found"],
      async handle({ id: text, query, caller }) {
        const id = parseExecutionId(text);
        const execution = await readExecution(db, caller.ownerId, id, outputBlocks);
        if (!execution) throw new TreelineError("not_found", `no execution has the id "${id}"`);
        const [after] = query.cursor === undefined ? [0] : decodeCursor(query.cursor, z.tuple([z.int()]));
        const filter = { statuses: query.status ?? [], nodeId: query.nodeId ?? null };
        const found = await listNodeExecutions(db, id, filter, { limit: query.limit + 1, after });
        const { labelOf, linksInto } = await readFacts(caller.ownerId, execution.graphId, execution.graphVersion);
        const { shown, nextCursor } = page(found, query.limit, ({ seq }) => [seq]);
        const nodes = shown.map((record) => toNodeExecution(record, labelOf(record.nodeId), catalog, linksInto));
        return { status: 200, body: { nodes, nextCursor } };
      },
    }),
  ];
}
