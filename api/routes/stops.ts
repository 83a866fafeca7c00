import { z } from "zod";
import { isStopClosed, planStop, readStop, requestStop, type StopView } from "../../db/stops";
import { parseDuration } from "../../graph/durations";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId, parseStopId, type StopId } from "../../graph/ids";
import { stopRequest } from "../../graph/schema";
import type { Caller } from "../caller";
import type { AppDeps } from "../deps";
import { wait, waitMs } from "../query";
import { stop, stopPlan } from "../resources/stop";
import { route, type Answer, type Route } from "../route";

export function stopRoutes(deps: Pick<AppDeps, "stopDb" | "catalog" | "dispatcher" | "ended">): Route[] {
  const { stopDb: db, dispatcher, ended } = deps;
  const deaf = [...deps.catalog.values()].filter((block) => block.uninterruptible);

  const read = async ({ ownerId }: Caller, id: StopId): Promise<StopView> => {
    const found = await readStop(db, ownerId, id);
    if (!found) throw new TreelineError("not_found", `no stop has the id "${id}"`);
    return found;
  };
  const waitUntilClosed = async (caller: Caller, id: StopId, ms: number, signal: AbortSignal) => {
    if (ms > 0) await ended.waitFor(id, ms, () => isStopClosed(db, id), signal);
    return await read(caller, id);
  };

  return [
    route({
      method: "post",
      path: "/v1/executions/{id}/stop",
      name: "stopExecution",
      summary: "Stop an execution with all its descendants, or join the stop that goes on",
      query: z.strictObject({ wait }),
      body: stopRequest,
      bodyOptional: true,
      answers: {
        202: { description: "It goes on.", schema: stop, location: true },
        200: { description: "It is over; with dryRun, what it would meet.", schema: z.union([stop, stopPlan]) },
      },
      errors: ["not_found"],
      async handle({ id, query, body, caller, signal }) {
        const executionId = parseExecutionId(id);
        if (body.dryRun) return { status: 200, body: { plan: await planStop(db, caller.ownerId, executionId, deaf) } };
        const requested = await requestStop(db, {
          executionId,
          ownerId: caller.ownerId,
          reason: body.reason ?? null,
          requestedBy: caller.actor,
          cause: "request",
          deadlineMs: parseDuration(body.deadline),
          cascade: body.cascade,
          force: body.force,
          includeDetached: body.includeDetached,
        });
        if (requested.id === null || requested.status === "CLOSED") return answer(requested);
        dispatcher.followStop(requested.id);
        const ms = waitMs(query.wait);
        return answer(ms > 0 ? await waitUntilClosed(caller, requested.id, ms, signal) : requested);
      },
    }),

    route({
      method: "get",
      path: "/v1/stops/{id}",
      name: "getStop",
      summary: "A stop: its phases, counts and, at its end, the receipt",
      query: z.strictObject({ wait }),
      answers: { 200: { description: "The stop.", schema: stop } },
      errors: ["not_found"],
      async handle({ id, query, caller, signal }) {
        const found = await waitUntilClosed(caller, parseStopId(id), waitMs(query.wait), signal);
        return { status: 200, body: found };
      },
    }),
  ];
}

function answer(view: StopView): Answer {
  const headers = view.id === null ? {} : { Location: `/v1/stops/${view.id}` };
  return { status: view.status === "CLOSED" ? 200 : 202, headers, body: view };
}
