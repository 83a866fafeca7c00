import { Writable } from "node:stream";
import pino from "pino";
import { createSignals } from "../../activities/signals";
import { listReviews } from "../../db/reviews";
import { ownerId, saveGraph, startGraph } from "../support/factory";
import { testDatabase } from "../support/database";
import { createRunner } from "../support/run";
import { connect } from "../../db/client";
import { draft, node } from "../unit/graph/fixtures";

/** An execution that asks a question, and what is logged of the signals that it gets. */
async function setup() {
  const db = connect((await testDatabase()).url, { max: 2 });
  const logged: string[] = [];
  const lines = new Writable({
    write(line: Buffer, _encoding, done) {
      logged.push((JSON.parse(line.toString()) as { because: string }).because);
      done();
    },
  });
  const woken: string[] = [];
  const signals = createSignals({ db, wake: (wake) => void woken.push(wake), log: pino({ level: "warn" }, lines) });
  const ask = node("ask", "Ask", { question: "how many?", schema: { type: "integer" }, answerers: ["ada"] });
  const id = await startGraph(db, await saveGraph(db, draft([ask], [])));
  await createRunner(db)(id);
  return {
    ...signals,
    id,
    logged,
    woken,
    statuses: async () =>
      (await listReviews(db, ownerId, { statuses: [], executionId: id }, { limit: 10, cursor: null })).map(
        ({ status }) => status,
      ),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

test("an answer that cannot be taken is logged with its reason, and changes nothing", async () => {
  await using bundle = await setup();
  const refused: [payload: unknown, because: string][] = [
    ["yes", 'decision must be "approve" or "reject"'],
    [null, 'decision must be "approve" or "reject"'],
    [{ decision: "approve", review: "nothing" }, "the execution asks no such question, or more than one"],
    [{ decision: "approve", data: "many", by: "ada" }, "/data: must be integer"],
    [
      { decision: "approve", data: 3, autoApprove: true, by: "ada" },
      "/autoApprove: a question wants an answer each time",
    ],
    [{ decision: "approve", data: 3, by: "eve" }, "forbidden"],
  ];
  for (const [payload] of refused) await bundle.answerSignalled(bundle.id, payload as never);
  expect(bundle.logged).toEqual(refused.map(([, because]) => because));
  expect(await bundle.statuses()).toEqual(["waiting"]);
  expect(bundle.woken).toEqual([]);
  await bundle.answerSignalled(bundle.id, { decision: "approve", data: 3, by: "ada" });
  expect(await bundle.statuses()).toEqual(["approved"]);
});

test("a pause or a resume that changes nothing is logged, whatever its payload is", async () => {
  await using bundle = await setup();
  await bundle.holdSignalled(bundle.id, "resume", [1, 2]);
  await bundle.holdSignalled(bundle.id, "pause", "now");
  await bundle.holdSignalled(bundle.id, "pause", { reason: 7 });
  expect(bundle.logged).toEqual(["free", "held"]);
});
