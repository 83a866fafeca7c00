import { z } from "zod";
import { readExecution } from "../../db/executions";
import { openHold, releaseHold, type HoldRefusal } from "../../db/holds";
import { createWaker, outboxWake } from "../../db/wake";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId, type ExecutionId } from "../../graph/ids";
import type { Caller } from "../caller";
import type { AppDeps } from "../deps";
import { execution, toExecution, type WorkflowLink } from "../resources/execution";
import { route, type Route } from "../route";

type Deps = Pick<AppDeps, "db"> & { readonly linkTo: WorkflowLink; readonly outputBlocks: readonly string[] };

const pauseRequest = z
  .strictObject({ reason: z.string().max(1_000).nullable().optional() })
  .meta({ id: "PauseRequest", description: "All of it may be left out." });
const resumeRequest = z.strictObject({}).meta({ id: "ResumeRequest" });

const conflicts: Partial<Record<HoldRefusal, string>> = {
  ended: "it has ended",
  fenced: "it is being stopped",
};

/** Pause and resume, on any execution of a tree; each covers its subtree. */
export function holdRoutes({ db, linkTo, outputBlocks }: Deps): Route[] {
  const wake = createWaker(db);
  const read = async ({ ownerId }: Caller, id: ExecutionId) => {
    const found = await readExecution(db, ownerId, id, outputBlocks);
    if (!found) throw new TreelineError("not_found", `no execution has the id "${id}"`);
    return toExecution(found, linkTo);
  };
  const assertOpen = (id: ExecutionId, endedAt: string | null) => {
    if (endedAt !== null) throw new TreelineError("conflict", `execution ${id} has ended`);
  };

  return [
    route({
      method: "post",
      path: "/v1/executions/{id}/pause",
      name: "pauseExecution",
      summary: "Pause an execution with all its descendants: what runs finishes and is kept, nothing new starts",
      body: pauseRequest,
      bodyOptional: true,
      answers: {
        202: { description: "Held; it is PAUSED once nothing of it runs.", schema: execution },
        200: { description: "It was held already.", schema: execution },
      },
      errors: ["not_found", "conflict"],
      async handle({ id, body, caller }) {
        const executionId = parseExecutionId(id);
        await read(caller, executionId);
        const request = { executionId, reason: body.reason ?? null, requestedBy: caller.actor };
        const refusal = await openHold(db, request);
        const conflict = refusal && conflicts[refusal];
        if (conflict) throw new TreelineError("conflict", `execution ${executionId} cannot be paused: ${conflict}`);
        return { status: refusal === "held" ? 200 : 202, body: await read(caller, executionId) };
      },
    }),

    route({
      method: "post",
      path: "/v1/executions/{id}/resume",
      name: "resumeExecution",
      summary: "Resume a paused execution; a pause further up, or of one below it alone, stays",
      body: resumeRequest,
      bodyOptional: true,
      answers: {
        202: { description: "Released: what is ready starts.", schema: execution },
        200: { description: "It was not paused itself.", schema: execution },
      },
      errors: ["not_found", "conflict"],
      async handle({ id, caller }) {
        const executionId = parseExecutionId(id);
        assertOpen(executionId, (await read(caller, executionId)).endedAt);
        const refusal = await releaseHold(db, executionId, caller.actor);
        if (refusal === null) wake(outboxWake);
        return { status: refusal === null ? 202 : 200, body: await read(caller, executionId) };
      },
    }),
  ];
}
