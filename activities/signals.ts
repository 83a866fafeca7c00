import type { Logger } from "pino";
import type { Database } from "../db/client";
import { openHold, releaseHold } from "../db/holds";
import { decideReview, readReviewOf } from "../db/reviews";
import { outboxWake, type Wake } from "../db/wake";
import { checkAnswer } from "../graph/answer";
import { isObject, own, type Json } from "../graph/json";
import type { ExecutionId } from "../graph/ids";

export type SignalDeps = { readonly db: Database; readonly wake: (wake: Wake) => void; readonly log: Logger };

const bySignal = "temporal signal";

/**
 * What users send by `temporal workflow signal`. Its payload is whatever they have typed: what cannot be done is logged and
 * changes nothing, and the workflow goes on.
 */
export function createSignals({ db, wake, log }: SignalDeps) {
  function refuse(executionId: ExecutionId, signal: string, because: string): void {
    log.warn({ executionId, signal, because }, "a signal changed nothing");
  }

  return {
    /** `pause` takes {reason?, by?}, `resume` {by?}. */
    async holdSignalled(executionId: ExecutionId, what: "pause" | "resume", payload: Json): Promise<void> {
      const requestedBy = textIn(payload, "by") ?? bySignal;
      const refusal =
        what === "pause"
          ? await openHold(db, { executionId, reason: textIn(payload, "reason"), requestedBy })
          : await releaseHold(db, executionId, requestedBy);
      if (refusal) refuse(executionId, what, refusal);
      else if (what === "resume") wake(outboxWake);
    },

    /** {review, decision: "approve" | "reject", data?, message?, autoApprove?, by?}; without `review` the one question that waits. */
    async answerSignalled(executionId: ExecutionId, payload: Json): Promise<void> {
      const decision = textIn(payload, "decision");
      if (decision !== "approve" && decision !== "reject") {
        return refuse(executionId, "answer", 'decision must be "approve" or "reject"');
      }
      const asked = await readReviewOf(db, executionId, textIn(payload, "review"));
      if (!asked) return refuse(executionId, "answer", "the execution asks no such question, or more than one");
      const data = isObject(payload) ? own(payload, "data") : undefined;
      const autoApprove = isObject(payload) && own(payload, "autoApprove") === true;
      const [fault] = checkAnswer(asked, { decision, data, autoApprove });
      if (fault) return refuse(executionId, "answer", `${fault.pointer}: ${fault.detail}`);
      const refusal = await decideReview(db, {
        id: asked.id,
        ownerId: asked.ownerId,
        decision: decision === "approve" ? "approved" : "rejected",
        data,
        message: textIn(payload, "message"),
        decidedBy: textIn(payload, "by") ?? bySignal,
        autoApprove,
      });
      if (refusal) refuse(executionId, "answer", refusal);
      else wake(outboxWake);
    },
  };
}

function textIn(payload: Json, name: string): string | null {
  const value = isObject(payload) ? own(payload, name) : undefined;
  return typeof value === "string" ? value : null;
}
