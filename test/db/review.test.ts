import { connect } from "../../db/client";
import { readExecution } from "../../db/executions";
import { openHold, releaseHold } from "../../db/holds";
import { decideReview, listReviews } from "../../db/reviews";
import { settleFenced } from "../../db/stops";
import { parseNodeExecutionId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { fence, ownerId, saveGraph, startGraph } from "../support/factory";
import { countNodes, faultsOf } from "../support/record";
import { openActivities } from "../support/run";
import { blockId, draft, node } from "../unit/graph/fixtures";

type Given = "approved" | "rejected" | null;

/** One node asks a question for each of these; what is given comes in time, then the time of all is up, and nothing has looked yet. */
async function setup(...given: readonly Given[]) {
  const db = connect((await testDatabase()).url, { max: 3 });
  const graph = draft(
    [
      node("each", "StepThroughItems", { items: given.map((_, index) => index) }),
      node("ask", "Ask", { question: "how many?", deadline: "1h", default: "nobody" }),
      ...["y", "e"].map((name) => node(name, "AgentOutput", { name })),
    ],
    ["each.item -> ask.context", "ask.answer -> y.value", "ask.error -> e.value"],
  );
  const id = await startGraph(db, await saveGraph(db, graph));
  const { record } = openActivities(db);
  await record.begin(id, "run");
  const reviews = () => listReviews(db, ownerId, { statuses: [], executionId: id }, { limit: 10, cursor: null });
  const asked = (await reviews()).toSorted((a, b) => Number(a.payload) - Number(b.payload));
  for (const [index, decision] of given.entries()) {
    const answer = { data: `answer ${index}`, message: null, decidedBy: "bob", autoApprove: false };
    if (decision)
      expect(await decideReview(db, { ...answer, id: asked[index]?.id ?? "", ownerId, decision })).toBeNull();
  }
  await db.pool.query(
    "update node_executions set wake_at = clock_timestamp() - interval '1 second' where wake_at is not null",
  );
  return {
    ...{ db, id, record },
    ids: asked.map((one) => one.id),
    statuses: async () => (await reviews()).map(({ status }) => status),
    async end() {
      const found = await readExecution(db, ownerId, id, [blockId("AgentOutput")]);
      return { status: found?.status, outputs: found?.outputs.map(([{ name }, value]) => [name, value]) };
    },
    async [Symbol.asyncDispose]() {
      expect(await faultsOf(db)).toEqual([]);
      await db.close();
    },
  };
}

/** Who looks first: the timer, or the poke of the answer. Two at once share one step. */
const looks = [
  ["the timer alone", ["wake"]],
  ["the timer together with the poke", ["wake", "look"]],
  ["the poke together with the timer", ["look", "wake"]],
  ["the poke alone", ["look"]],
] as const;

describe.each(looks)("where an answer was given in time, and %s comes after its deadline", (_, order) => {
  async function come({ record, id, ids }: Awaited<ReturnType<typeof setup>>) {
    const [asks] = ids;
    return Promise.all(
      order.map((one) => (one === "wake" && asks ? record.wake(id, asks) : record.outstanding(id, []))),
    );
  }

  test("an approval is what the node gives", async () => {
    await using run = await setup("approved");
    for (const answer of await come(run)) expect(answer).toMatchObject({ state: "ended", status: "COMPLETED" });
    expect(await run.end()).toEqual({ status: "COMPLETED", outputs: [["y", "answer 0"]] });
    expect(await run.statuses()).toEqual(["approved"]);
    expect(await countNodes(run.db, run.id)).toEqual({ "ask COMPLETED": 1, "each COMPLETED": 1, "y COMPLETED": 1 });
  });

  test("a refusal is why it fails", async () => {
    await using run = await setup("rejected");
    await come(run);
    expect(await run.end()).toEqual({ status: "COMPLETED", outputs: [["e", "the question was declined"]] });
    expect(await run.statuses()).toEqual(["rejected"]);
  });
});

test("timers of questions with and without an answer that fire together give each its own, in order", async () => {
  await using run = await setup(null, "approved", null);
  const [first, answered, last] = run.ids;
  if (!first || !answered || !last) throw new Error("it asks too little");
  await Promise.all([answered, first, last].map((asks) => run.record.wake(run.id, asks)));
  expect(await run.end()).toEqual({
    status: "COMPLETED",
    outputs: ["nobody", "answer 1", "nobody"].map((value) => ["y", value]),
  });
  expect((await run.statuses()).toSorted()).toEqual(["approved", "timed_out", "timed_out"]);
});

test("a timer that fires in a pause leaves the answer for the release", async () => {
  await using run = await setup("approved");
  const [asks] = run.ids;
  if (!asks) throw new Error("it asks nothing");
  await openHold(run.db, { executionId: run.id, reason: null, requestedBy: "ada" });
  expect(await run.record.wake(run.id, asks)).toMatchObject({ state: "held" });
  expect(await countNodes(run.db, run.id)).toEqual({ "ask WAITING": 1, "each COMPLETED": 1 });
  await releaseHold(run.db, run.id, "ada");
  await run.record.outstanding(run.id, []);
  expect(await run.end()).toEqual({ status: "COMPLETED", outputs: [["y", "answer 0"]] });
});

test("a timer that fires under a fence, before the stop has come to its node, is not armed again", async () => {
  await using run = await setup("approved");
  const [asks] = run.ids;
  if (!asks) throw new Error("it asks nothing");
  const { stopId } = await fence(run.db, run.id, { cascade: false });
  expect(await run.record.wake(run.id, asks)).toEqual({ state: "live", work: [], more: false });
  expect(await countNodes(run.db, run.id)).toEqual({ "ask WAITING": 1, "each COMPLETED": 1 });
  while (!(await settleFenced(run.db, stopId, [])).quiesced);
  expect(await run.end()).toEqual({ status: "TERMINATED", outputs: [] });
  expect(await run.statuses()).toEqual(["approved"]);
});

test("a question and a timer whose values come in two steps wait from the second on", async () => {
  const db = connect((await testDatabase()).url, { max: 3 });
  const graph = draft(
    [
      node("first", "CountdownTimer", { seconds: 3_600, input_message: "x" }),
      node("now", "StoreValue", { input: "here" }),
      node("once", "StoreValue", { input: 1 }),
      node("ask", "Ask", { deadline: "1h" }),
      node("timer", "CountdownTimer", { seconds: 60 }),
    ],
    [
      ...["now.output -> ask.question", "first.output_message -> ask.context"],
      ...["once.output -> timer.repeat", "first.output_message -> timer.input_message"],
    ],
  );
  const id = await startGraph(db, await saveGraph(db, graph));
  const { record } = openActivities(db);
  const begun = await record.begin(id, "run");
  expect(await countNodes(db, id)).toMatchObject({ "ask INCOMPLETE": 1, "timer INCOMPLETE": 1 });
  await db.pool.query("update node_executions set wake_at = clock_timestamp() where wake_at is not null");
  await record.wake(id, parseNodeExecutionId(begun.work[0]?.id ?? ""));
  expect(await countNodes(db, id)).toMatchObject({ "ask WAITING": 1, "timer WAITING": 1 });
  expect(await listReviews(db, ownerId, { statuses: [], executionId: id }, { limit: 10, cursor: null })).toMatchObject([
    { question: "here", payload: "x" },
  ]);
  expect(await faultsOf(db)).toEqual([]);
  await db.close();
});
