import { randomUUID } from "node:crypto";
import type { RemoteBlock } from "../../blocks/block";
import { define, emitted, integer, pins, required } from "../../blocks/pins";
import { decideReview, listReviews, type Decision } from "../../db/reviews";
import { outboxWake } from "../../db/wake";
import type { GraphNode, GraphSettings } from "../../graph/definition";
import type { ExecutionId } from "../../graph/ids";
import type { JsonObject } from "../../graph/json";
import { ownerId } from "../support/factory";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

/** A sensitive block, and what it was run with. */
function createPay() {
  const paid: unknown[] = [];
  const block: RemoteBlock = {
    definition: define({
      id: randomUUID(),
      name: "Pay",
      description: "",
      placement: "remote",
      sensitive: true,
      inputSchema: pins({ amount: required(integer, "") }),
      outputSchema: pins({ paid: emitted(integer, "") }),
    }),
    run({ amount = null }) {
      paid.push(amount);
      return Promise.resolve([{ pin: "paid", value: amount }]);
    },
  };
  return { block, paid };
}

const { block, paid } = createPay();
const engineOf = shareEngine({ blocks: [block] });

function setup() {
  const engine = engineOf();
  paid.length = 0;
  const pay = (constants: JsonObject = {}): GraphNode => ({ id: "pay", blockId: block.definition.id, constants });
  const outputs = ["pay.paid -> yes.value", "pay.error -> no.value"];
  const nodes = [node("yes", "AgentOutput", { name: "yes" }), node("no", "AgentOutput", { name: "no" })];
  const payment = (settings: GraphSettings) => draft([pay({ amount: 5 }), ...nodes], outputs, { settings });
  const payments = (settings: GraphSettings) =>
    draft(
      [node("each", "StepThroughItems", { items: [1, 2, 3] }), pay(), ...nodes],
      ["each.item -> pay.amount", ...outputs],
      { settings },
    );
  const counted = counting("pay.paid", "pay.amount");
  return {
    ...engine,
    counting: (settings: GraphSettings) =>
      draft([...counted.nodes, pay(), ...nodes], [...counted.links, ...outputs], { settings }),
    payment,
    payments,
    paid,
    reviews: (executionId: ExecutionId, count: number) =>
      until(
        () => listReviews(engine.db, ownerId, { statuses: [], executionId }, { limit: 100, cursor: null }),
        (all) => all.length === count,
      ),
    async decide(id: string | undefined, decision: Decision["decision"], more: Partial<Decision> = {}) {
      const base = {
        id: id ?? "",
        ownerId,
        decision,
        data: undefined,
        message: null,
        decidedBy: "bob",
        autoApprove: false,
      };
      expect(await decideReview(engine.db, { ...base, ...more })).toBeNull();
      await engine.db.pool.query("select pg_notify('treeline_wake', $1)", [outboxWake]);
    },
    async eventTypes(id: ExecutionId) {
      const { rows } = await engine.db.pool.query<{ type: string }>(
        "select type from events where root_id = $1 and type ~ '^(node|review)' order by seq",
        [id],
      );
      return rows.map(({ type }) => type);
    },
  };
}

/** Feeds a node with 1, 2, 3: each when the one before it has come out of it. */
const counting = (from: string, to: string) => ({
  nodes: [
    node("one", "StoreValue", { input: 1 }),
    node("add", "Calculator", { operation: "Add", b: 1, round_result: true }),
    node("goOn", "Condition", { operator: "<=", value2: 3 }),
  ],
  links: [`one.output -> ${to}`, `${from} -> add.a`, "add.result -> goOn.value1", `goOn.yes_output -> ${to}`],
});

const countingApprovals = draft(
  [
    ...counting("", "").nodes,
    node("review", "HumanInTheLoop", { name: "one" }),
    node("yes", "AgentOutput", { name: "yes" }),
    node("said", "AgentOutput", { name: "said" }),
  ],
  [
    ...counting("review.approved_data", "review.data").links,
    "review.approved_data -> yes.value",
    "review.review_message -> said.value",
  ],
);

const approval = (settings: GraphSettings) =>
  draft(
    [
      node("each", "StepThroughItems", { items: [1, 2] }),
      node("review", "HumanInTheLoop", { name: "one" }),
      node("yes", "AgentOutput", { name: "yes" }),
      node("said", "AgentOutput", { name: "said" }),
    ],
    ["each.item -> review.data", "review.approved_data -> yes.value", "review.review_message -> said.value"],
    { settings },
  );

describe("with the graph's safe mode on, a sensitive block", () => {
  test("asks before it starts, and runs on what people have made of its inputs", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(engine.payment({ safeMode: true })));
    const [review] = await engine.reviews(id, 1);
    expect(review).toMatchObject({ kind: "action", payload: { amount: 5 }, editable: true, status: "waiting" });
    expect(await engine.read(id)).toMatchObject({ status: "WAITING" });
    expect((await engine.nodes(id, "pay"))[0]).toMatchObject({ status: "WAITING", attempt: 0, startedAt: null });
    await engine.decide(review?.id, "approved", { data: { amount: 3 } });
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { yes: [3] } });
    expect(engine.paid).toEqual([3]);
    expect((await engine.nodes(id, "pay"))[0]).toMatchObject({ inputs: { amount: 3 }, attempt: 1 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("does not run where people say no, and fires its error pin", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(engine.payment({ safeMode: true })));
    const [review] = await engine.reviews(id, 1);
    await engine.decide(review?.id, "rejected", { message: "too much" });
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { no: ["too much"] } });
    expect((await engine.nodes(id, "pay"))[0]).toMatchObject({ status: "FAILED", error: { code: "rejected" } });
    expect(engine.paid).toEqual([]);
  });

  test("is stopped while it asks: it never starts, and the question is withdrawn, as an event says", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(engine.payment({ safeMode: true })));
    await engine.reviews(id, 1);
    expect(await engine.stop(id)).toMatchObject({ outcome: "stopped", proof: { startedAfterFence: 0 } });
    expect(await engine.eventTypes(id)).toEqual([
      ...["node.queued", "node.waiting", "review.requested", "node.terminated", "review.withdrawn"],
    ]);
    expect(engine.paid).toEqual([]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is asked about for each run; whichever goes on first, their results keep their order", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(engine.payments({ safeMode: true })));
    const [first, second, third] = await engine.reviews(id, 3);
    await engine.decide(third?.id, "approved");
    await until(
      () => engine.nodes(id, "pay"),
      (nodes) => nodes.some(({ status }) => status === "COMPLETED"),
    );
    expect(engine.paid).toEqual([3]);
    expect((await engine.read(id)).outputs).toEqual({});
    await engine.decide(second?.id, "approved");
    await engine.decide(first?.id, "approved");
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { yes: [1, 2, 3] } });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("runs unasked after an answer that approves its node from then on", async () => {
    const engine = setup();
    const id = await engine.start(await engine.save(engine.counting({ safeMode: true })));
    const [first] = await engine.reviews(id, 1);
    await engine.decide(first?.id, "approved", { autoApprove: true });
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { yes: [1, 2, 3] } });
    expect(engine.paid).toEqual([1, 2, 3]);
    expect(await engine.reviews(id, 1)).toMatchObject([{ autoApprove: true, decidedBy: "bob" }]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});

test("an approval that is to hold from then on answers the same node of the same execution alone", async () => {
  const engine = setup();
  const graph = await engine.save(countingApprovals);
  const id = await engine.start(graph);
  const [first] = await engine.reviews(id, 1);
  await engine.decide(first?.id, "approved", { autoApprove: true });
  const message = "approved by itself, as an earlier answer asked for";
  expect(await engine.ended(id)).toMatchObject({ outputs: { yes: [1, 2, 3], said: [message, message] } });
  const other = await engine.start(graph);
  expect(await engine.reviews(other, 1)).toMatchObject([{ status: "waiting" }]);
  await engine.stop(other);
});

test("without a safe mode a sensitive block runs, and people approve data", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(engine.payment({})));
  expect(await engine.ended(id)).toMatchObject({ outputs: { yes: [5] } });
  const asking = await engine.start(await engine.save(approval({})));
  expect(await engine.reviews(asking, 2)).toMatchObject([{ status: "waiting" }, { status: "waiting" }]);
  await engine.stop(asking);
});

test("with the safe mode off HumanInTheLoop approves at once, and says so", async () => {
  const engine = setup();
  const id = await engine.start(await engine.save(approval({ safeMode: false })));
  const message = "approved by itself: the graph's safe mode is off";
  expect(await engine.ended(id)).toMatchObject({ outputs: { yes: [1, 2], said: [message, message] } });
  expect(await engine.reviews(id, 0)).toEqual([]);
  expect(await faultsOf(engine.db)).toEqual([]);
});
