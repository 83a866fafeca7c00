import { decideReview, listReviews, type Decision } from "../../db/reviews";
import { outboxWake } from "../../db/wake";
import type { ExecutionId } from "../../graph/ids";
import { ownerId } from "../support/factory";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

const engineOf = shareEngine();

function setup() {
  const engine = engineOf();
  const reviews = (executionId: ExecutionId, count = 1) =>
    until(
      () => listReviews(engine.db, ownerId, { statuses: [], executionId }, { limit: 100, cursor: null }),
      (all) => all.length === count,
    );
  async function decide(id: string, decision: Decision["decision"], more: Partial<Decision> = {}) {
    const refusal = await decideReview(engine.db, {
      id,
      ownerId,
      decision,
      data: undefined,
      message: null,
      decidedBy: "bob",
      autoApprove: false,
      ...more,
    });
    await engine.db.pool.query("select pg_notify('treeline_wake', $1)", [outboxWake]);
    return refusal;
  }
  /** Asks for approval of {x: 1}, beside another branch. */
  const approval = draft(
    [
      node("review", "HumanInTheLoop", { data: { x: 1 }, name: "the plan" }),
      node("yes", "AgentOutput", { name: "yes" }),
      node("no", "AgentOutput", { name: "no" }),
      node("said", "AgentOutput", { name: "said" }),
      node("beside", "StoreValue", { input: 7 }),
      node("other", "AgentOutput", { name: "other" }),
    ],
    [
      "review.approved_data -> yes.value",
      "review.rejected_data -> no.value",
      "review.review_message -> said.value",
      "beside.output -> other.value",
    ],
  );
  return { ...engine, reviews, decide, approval };
}

test("an execution waits for an approval while its other branch ends, and goes on with the edited data", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.approval));
  const [review] = await engine.reviews(id);
  expect(review).toMatchObject({
    status: "waiting",
    question: "the plan",
    payload: { x: 1 },
    editable: true,
    deadlineAt: null,
  });
  expect(await engine.read(id)).toMatchObject({ status: "WAITING", outputs: { other: [7] } });
  expect(await engine.decide(review?.id ?? "", "approved", { data: { x: 2 }, message: "with care" })).toBeNull();
  expect(await engine.ended(id)).toMatchObject({
    status: "COMPLETED",
    outputs: { yes: [{ x: 2 }], said: ["with care"], other: [7] },
  });
  expect(await engine.reviews(id)).toMatchObject([{ status: "approved", decidedBy: "bob", data: { x: 2 } }]);
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("a rejection without data emits what was asked on the other pin", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.approval));
  const [review] = await engine.reviews(id);
  await engine.decide(review?.id ?? "", "rejected");
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { no: [{ x: 1 }] } });
});

test("the same answer again changes nothing, another one is refused", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.approval));
  const [review] = await engine.reviews(id);
  const reviewId = review?.id ?? "";
  expect(await engine.decide(reviewId, "approved", { data: 1 })).toBeNull();
  expect(await engine.decide(reviewId, "approved", { data: 1 })).toBe("same");
  expect(await engine.decide(reviewId, "approved", { data: 2 })).toBe("decided");
  expect(await engine.decide(reviewId, "rejected")).toBe("decided");
  expect(await engine.ended(id)).toMatchObject({ outputs: { yes: [1] } });
});

test("many questions of one node are answered in any order, and their values flow in order", async () => {
  const engine = setup();
  const id = await engine.start(
    await engine.save(
      draft(
        [
          node("each", "StepThroughItems", { items: [1, 2, 3] }),
          node("review", "HumanInTheLoop", { name: "one" }),
          node("yes", "AgentOutput", { name: "yes" }),
        ],
        ["each.item -> review.data", "review.approved_data -> yes.value"],
      ),
    ),
  );
  const [first, second, third] = await engine.reviews(id, 3);
  for (const one of [third, second]) await engine.decide(one?.id ?? "", "approved");
  await until(
    () => engine.nodes(id, "review"),
    (nodes) => nodes.filter(({ status }) => status === "COMPLETED").length === 2,
  );
  expect((await engine.read(id)).outputs).toEqual({});
  await engine.decide(first?.id ?? "", "approved");
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { yes: [1, 2, 3] } });
  expect(await faultsOf(engine.db)).toEqual([]);
});

describe("a question with a deadline", () => {
  const question = (constants: Record<string, unknown>) =>
    draft(
      [
        node("ask", "Ask", { question: "how many?", deadline: "300ms", ...constants } as never),
        node("y", "AgentOutput", { name: "y" }),
        node("e", "AgentOutput", { name: "e" }),
      ],
      ["ask.answer -> y.value", "ask.error -> e.value"],
    );

  test("leads to its default when the time is up", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(question({ default: 3 })));
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [3] } });
    expect(await engine.reviews(id)).toMatchObject([{ status: "timed_out" }]);
    const events = await engine.db.pool.query("select 1 from events where root_id = $1 and type = 'review.timed_out'", [
      id,
    ]);
    expect(events.rowCount).toBe(1);
    const [review] = await engine.reviews(id);
    expect(await engine.decide(review?.id ?? "", "approved", { data: 4 })).toBe("timed_out");
  });

  test("fires its error pin where it has none", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(question({})));
    expect(await engine.ended(id)).toMatchObject({
      status: "COMPLETED",
      outputs: { e: ["nobody has answered in time"] },
    });
  });

  test("takes an answer that comes in time", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(question({ deadline: "1h" })));
    const [review] = await engine.reviews(id);
    expect(review?.deadlineAt).not.toBeNull();
    await engine.decide(review?.id ?? "", "approved", { data: 12 });
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { y: [12] } });
  });
});

test("a stop ends the wait and withdraws the question", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.approval));
  const [review] = await engine.reviews(id);
  expect(await engine.stop(id)).toMatchObject({ outcome: "stopped", proof: { liveDescendants: 0 } });
  expect(await engine.read(id)).toMatchObject({ status: "TERMINATED", endReason: "stopped" });
  expect(await engine.reviews(id)).toMatchObject([{ status: "withdrawn" }]);
  expect(await engine.decide(review?.id ?? "", "approved")).toBe("withdrawn");
  expect(await engine.open(id)).toEqual([]);
});

test("the signal answer answers the question that waits; a bad one changes nothing, and the workflow lives on", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.approval));
  await engine.reviews(id);
  const handle = engine.client.workflow.getHandle(id);
  for (const bad of ["yes", 7, null, { decision: "perhaps" }, { decision: "approve", review: "nothing" }]) {
    await handle.signal("answer", bad);
  }
  await handle.signal("pause", "now");
  await until(
    () => engine.read(id),
    ({ hold }) => hold === "paused",
  );
  expect(await engine.reviews(id)).toMatchObject([{ status: "waiting" }]);
  await handle.signal("answer", { decision: "approve", data: { x: 3 }, by: "carol" });
  await until(
    () => engine.reviews(id),
    ([review]) => review?.status === "approved",
  );
  await handle.signal("resume", []);
  expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { yes: [{ x: 3 }] } });
  expect(await engine.reviews(id)).toMatchObject([{ decidedBy: "carol", data: { x: 3 } }]);
});
