import type { Review } from "../answers";
import { facts, table } from "./table";

export function reviewTable(reviews: readonly Review[]): string[] {
  const rows = reviews.map((one) => [one.id, one.status, one.question ?? "", one.executionId, one.deadlineAt ?? ""]);
  return table(["ID", "STATUS", "QUESTION", "EXECUTION", "DEADLINE"], rows);
}

export function reviewLines(review: Review): string[] {
  const decided = review.decidedAt !== null;
  return [
    `${review.question ?? "review"}  ${review.status}`,
    ...facts([
      ["id", review.id],
      ["execution", review.executionId],
      ["kind", review.kind],
      ["who may answer", review.answerers.join(", ") || null],
      ["payload", JSON.stringify(review.payload)],
      ["data", decided && review.data !== null ? JSON.stringify(review.data) : null],
      ["message", review.message],
      ["decided by", review.decidedBy],
      ["from now on", review.autoApprove ? "its node is approved in this execution" : null],
    ]),
  ];
}
