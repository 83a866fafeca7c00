import { z } from "zod";
import { listExecutions, readExecution } from "../../db/executions";
import { deleteTree } from "../../db/retention";
import { isLimited } from "../../db/places";
import type { Limits } from "../../graph/definition";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId, parseGraphId, type ExecutionId } from "../../graph/ids";
import { startRequest } from "../../graph/schema";
import { statuses } from "../../graph/status";
import type { Caller } from "../caller";
import type { AppDeps } from "../deps";
import type { NewestVersions, ReadGraphFacts } from "../graph-facts";
import { createdPlace, cursor, decodeCursor, flag, list, page, pageSize, repeated, wait, waitMs } from "../query";
import { execution, toExecution, type ExecutionJson, type WorkflowLink } from "../resources/execution";
import { route, type Route } from "../route";
import { recordStart } from "../start";

type Deps = Pick<AppDeps, "db" | "dispatcher" | "ended" | "places"> & {
  readonly readFacts: ReadGraphFacts;
  readonly newest: NewestVersions;
  readonly linkTo: WorkflowLink;
  /** Ids of the blocks that are outputs of a graph. */
  readonly outputBlocks: readonly string[];
  readonly maxima: Limits;
  readonly maxValueBytes: number;
};

export function executionRoutes(deps: Deps): Route[] {
  const { db, dispatcher, ended, linkTo, outputBlocks, maxima, maxValueBytes } = deps;
  const awaitsAdmission = isLimited(deps.places);
  const read = async ({ ownerId }: Caller, id: ExecutionId) => {
    const found = await readExecution(db, ownerId, id, outputBlocks);
    if (!found) throw new TreelineError("not_found", `no execution has the id "${id}"`);
    return toExecution(found, linkTo);
  };

  return [
    route({
      method: "post",
      path: "/v1/graphs/{id}/executions",
      name: "startExecution",
      summary: "Start a graph",
      query: z.strictObject({ wait }),
      body: startRequest,
      bodyOptional: true,
      misfit: "invalid_inputs",
      idempotent: true,
      answers: { 201: { description: "Recorded; it runs, or has ended already.", schema: execution, location: true } },
      errors: ["not_found", "invalid_inputs"],
      async handle({ id: graphId, query, body, caller, mint, triedBefore, signal }) {
        const { id, facts } = await recordStart(deps, {
          graphId,
          request: body,
          caller,
          mint,
          triedBefore,
          maxima,
          maxValueBytes,
          awaitsAdmission,
        });
        void dispatcher.startNow(id, facts); // never fails: what Temporal does not take now stays in the outbox
        let last: ExecutionJson | null = null;
        const isOver = async () => (last = await read(caller, id)).endedAt !== null;
        const ms = waitMs(query.wait);
        if (ms > 0) await ended.waitFor(id, ms, isOver, signal, facts !== null);
        return {
          status: 201,
          headers: { Location: `/v1/executions/${id}` },
          body: last ?? (await read(caller, id)),
        };
      },
    }),

    route({
      method: "get",
      path: "/v1/executions",
      name: "listExecutions",
      summary: "Executions, the newest first",
      query: z.strictObject({
        status: list(z.enum(statuses)),
        graphId: z.uuid().optional(),
        rootsOnly: flag.default(false),
        label: repeated(z.string().regex(/^[^:\0]+:[^\0]*$/, 'must be "name:value"')),
        limit: pageSize,
        cursor,
      }),
      answers: {
        200: {
          description: "One page.",
          schema: z.strictObject({ executions: z.array(execution), nextCursor: z.string().nullable() }),
        },
      },
      errors: [],
      async handle({ query, caller }) {
        const place = query.cursor === undefined ? null : decodeCursor(query.cursor, createdPlace);
        const filter = {
          statuses: query.status ?? [],
          graphId: query.graphId === undefined ? null : parseGraphId(query.graphId),
          rootsOnly: query.rootsOnly,
          labels: Object.fromEntries((query.label ?? []).map(splitLabel)),
        };
        const bounds = { limit: query.limit + 1, cursor: place };
        const found = await listExecutions(db, caller.ownerId, filter, bounds, outputBlocks);
        const { shown, nextCursor } = page(found, query.limit, ({ createdAt, id }) => [createdAt.toISOString(), id]);
        return { status: 200, body: { executions: shown.map((one) => toExecution(one, linkTo)), nextCursor } };
      },
    }),

    route({
      method: "get",
      path: "/v1/executions/{id}",
      name: "getExecution",
      summary: "An execution",
      answers: { 200: { description: "The execution.", schema: execution } },
      errors: ["not_found"],
      handle: async ({ id, caller }) => ({ status: 200, body: await read(caller, parseExecutionId(id)) }),
    }),

    route({
      method: "delete",
      path: "/v1/executions/{id}",
      name: "deleteExecution",
      summary: "Delete the whole tree of an execution, with its values and events",
      answers: { 204: { description: "It is gone." } },
      errors: ["not_found", "conflict"],
      async handle({ id, caller }) {
        const refusal = await deleteTree(db, caller.ownerId, parseExecutionId(id));
        if (refusal === "missing") throw new TreelineError("not_found", `no execution has the id "${id}"`);
        if (refusal !== null) throw new TreelineError("conflict", whyKept[refusal]);
        return { status: 204, body: undefined };
      },
    }),
  ];
}

const whyKept = {
  live: "the tree is live, or a stop of it is not closed yet: stop it and wait for the receipt first",
  resumed: "a rerun of it is live and takes over what it has completed: wait for its end first",
} as const;

function splitLabel(text: string): [name: string, value: string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1)];
}
