import { z } from "zod";
import { decideReview, listReviews, readReview, type DecisionRefusal, type ReviewRecord } from "../../db/reviews";
import { createWaker, outboxWake } from "../../db/wake";
import { checkAnswer } from "../../graph/answer";
import { TreelineError } from "../../graph/errors";
import { parseExecutionId, parseNodeExecutionId } from "../../graph/ids";
import type { Json } from "../../graph/json";
import type { Caller } from "../caller";
import type { AppDeps } from "../deps";
import { createdPlace, cursor, decodeCursor, list, page, pageSize } from "../query";
import { review, reviewStatuses, toReview } from "../resources/review";
import { describe, route, type Route } from "../route";

const decisionRequest = z
  .strictObject({
    decision: z.enum(["approve", "reject"]),
    data: z.unknown().optional().meta({ description: "Instead of what is reviewed, or the answer to a question." }),
    message: z.string().max(2_000).nullable().optional(),
    autoApprove: z
      .boolean()
      .default(false)
      .meta({ description: "Also approves what the same node asks from now on in this execution; not of a question." }),
  })
  .meta({ id: "ReviewDecision" });

const outcomes: Record<Exclude<DecisionRefusal, "same" | "missing" | "forbidden">, string> = {
  decided: "it has another answer already",
  withdrawn: "its execution was stopped",
  timed_out: "its time is up",
  fenced: "its execution is being stopped",
};

/** Questions that nodes ask people, and their answers. */
export function reviewRoutes({ db }: Pick<AppDeps, "db">): Route[] {
  const wake = createWaker(db);
  const read = async ({ ownerId }: Caller, id: string): Promise<ReviewRecord> => {
    const found = await readReview(db, ownerId, parseNodeExecutionId(id));
    if (!found) throw new TreelineError("not_found", `no review has the id "${id}"`);
    return found;
  };

  return [
    route({
      method: "get",
      path: "/v1/reviews",
      name: "listReviews",
      summary: "Questions that nodes ask people, the oldest first",
      query: z.strictObject({
        status: list(z.enum(reviewStatuses)),
        executionId: z.uuid().optional(),
        limit: pageSize,
        cursor,
      }),
      answers: {
        200: {
          description: "One page.",
          schema: z.strictObject({ reviews: z.array(review), nextCursor: z.string().nullable() }),
        },
      },
      errors: [],
      async handle({ query, caller }) {
        const place = query.cursor === undefined ? null : decodeCursor(query.cursor, createdPlace);
        const executionId = query.executionId === undefined ? null : parseExecutionId(query.executionId);
        const filter = { statuses: query.status ?? [], executionId };
        const found = await listReviews(db, caller.ownerId, filter, { limit: query.limit + 1, cursor: place });
        const { shown, nextCursor } = page(found, query.limit, ({ createdAt, id }) => [createdAt.toISOString(), id]);
        return { status: 200, body: { reviews: shown.map(toReview), nextCursor } };
      },
    }),

    route({
      method: "get",
      path: "/v1/reviews/{id}",
      name: "getReview",
      summary: "A question, and its answer",
      answers: { 200: { description: "The review.", schema: review } },
      errors: ["not_found"],
      handle: async ({ id, caller }) => ({ status: 200, body: toReview(await read(caller, id)) }),
    }),

    route({
      method: "post",
      path: "/v1/reviews/{id}",
      name: "decideReview",
      summary: "Answer a question; the same answer again changes nothing, another one is a conflict",
      body: decisionRequest,
      answers: { 200: { description: "Answered.", schema: review } },
      errors: ["forbidden", "not_found", "conflict"],
      async handle({ id, body, caller }) {
        const asked = await read(caller, id);
        const data = body.data as Json | undefined;
        const faults = checkAnswer(asked, { decision: body.decision, data, autoApprove: body.autoApprove });
        if (faults.length > 0)
          throw new TreelineError("invalid_request", describe("the answer has faults", faults), faults);
        const refusal = await decideReview(db, {
          id: asked.id,
          ownerId: asked.ownerId,
          decision: body.decision === "approve" ? "approved" : "rejected",
          data,
          message: body.message ?? null,
          decidedBy: caller.actor,
          autoApprove: body.autoApprove,
        });
        if (refusal === null) wake(outboxWake);
        else if (refusal === "missing") throw new TreelineError("not_found", `no review has the id "${id}"`);
        else if (refusal === "forbidden")
          throw new TreelineError("forbidden", `only ${asked.answerers.join(", ")} may answer, not "${caller.actor}"`);
        else if (refusal !== "same") throw new TreelineError("conflict", `review ${id}: ${outcomes[refusal]}`);
        return { status: 200, body: toReview(await read(caller, id)) };
      },
    }),
  ];
}
