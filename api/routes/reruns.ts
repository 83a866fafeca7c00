import { z } from "zod";
import { readExecution } from "../../db/executions";
import { readDefinition } from "../../db/graphs";
import { isLimited } from "../../db/places";
import { readNodePlace, startRerun, type Rerun } from "../../db/rerun";
import { isDuplicate } from "../../db/errors";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId, parseGraphId, parseNodeExecutionId, type ExecutionId } from "../../graph/ids";
import { nodesAfter } from "../../graph/reach";
import type { AppDeps } from "../deps";
import { execution, toExecution, type ExecutionJson, type WorkflowLink } from "../resources/execution";
import { route, type Route } from "../route";

type Deps = Pick<AppDeps, "db" | "dispatcher" | "places"> & {
  readonly linkTo: WorkflowLink;
  readonly outputBlocks: readonly string[];
};

const rerunRequest = z
  .discriminatedUnion("from", [
    z.strictObject({ from: z.literal("failed") }),
    z.strictObject({
      from: z.literal("node"),
      nodeExecutionId: z.uuid().meta({ description: "Of the ended execution itself, not of one nested in it." }),
    }),
  ])
  .meta({
    id: "RerunRequest",
    description: "`failed`: all that did not complete; `node`: this one and what follows it.",
  });
type RerunRequest = z.infer<typeof rerunRequest>;

/** A new execution that takes over what an ended one completed. */
export function rerunRoutes({ db, dispatcher, places, linkTo, outputBlocks }: Deps): Route[] {
  const awaitsAdmission = isLimited(places);
  async function againFrom({ id: text, ...of }: ExecutionJson, request: RerunRequest): Promise<Rerun["again"]> {
    const id = parseExecutionId(text);
    if (request.from === "failed") return null;
    const place = await readNodePlace(db, id, parseNodeExecutionId(request.nodeExecutionId));
    if (!place) {
      const detail = `execution ${id} has no node execution ${request.nodeExecutionId}`;
      throw new TreelineError("invalid_request", detail, [{ pointer: "/nodeExecutionId", detail }]);
    }
    const graph = await readDefinition(db, { id: parseGraphId(of.graphId), version: of.graphVersion });
    return { except: nodesAfter(graph?.links ?? [], place.nodeId), fromSeq: place.seq };
  }

  return [
    route({
      method: "post",
      path: "/v1/executions/{id}/rerun",
      name: "rerunExecution",
      summary: "Run an ended execution again; what it completed is taken over, not run and not charged again",
      body: rerunRequest,
      idempotent: true,
      answers: { 201: { description: "The new execution.", schema: execution, location: true } },
      errors: ["not_found", "conflict"],
      async handle({ id, body, caller, mint, triedBefore }) {
        const resumedFrom = parseExecutionId(id);
        const read = async (executionId: ExecutionId) => {
          const found = await readExecution(db, caller.ownerId, executionId, outputBlocks);
          if (!found) throw new TreelineError("not_found", `no execution has the id "${executionId}"`);
          return toExecution(found, linkTo);
        };
        const again = await againFrom(await read(resumedFrom), body);
        const newId = parseExecutionId(mint());
        try {
          const because = await startRerun(db, { id: newId, actor: caller.actor, resumedFrom, awaitsAdmission, again });
          if (because)
            throw new TreelineError("conflict", `execution ${resumedFrom} is live: stop it, or wait for its end`);
        } catch (error) {
          if (!triedBefore || !isDuplicate(error)) throw error;
        }
        void dispatcher.startNow(newId); // never fails: what Temporal does not take now stays in the outbox
        return { status: 201, headers: { Location: `/v1/executions/${newId}` }, body: await read(newId) };
      },
    }),
  ];
}
