import { review as reviewJson } from "../../api/resources/review";
import { testApp } from "../support/app";
import { draft, node } from "../unit/graph/fixtures";

async function setup(constants: Record<string, unknown> = {}) {
  const app = await testApp({ carryOut: true });
  const graph = draft([node("ask", "Ask", { question: "how many?", ...constants } as never)], []);
  const { id: graphId } = (await app.post("/v1/graphs", graph)).body;
  const { id } = (await app.post(`/v1/graphs/${String(graphId)}/executions`, {})).body;
  await app.run(String(id)).catch(() => {}); // carried out already
  const list = async (query = "") =>
    (await app.get(`/v1/reviews${query}`)).body as { reviews: unknown[]; nextCursor: null };
  const [first] = (await list()).reviews;
  const review = reviewJson.parse(first);
  return {
    app,
    id: String(id),
    list,
    review,
    path: `/v1/reviews/${review.id}`,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

test("lists the questions that wait, by status and by execution", async () => {
  await using bundle = await setup({ context: { stock: 3 } });
  expect(bundle.review).toMatchObject({
    ...{ executionId: bundle.id, status: "waiting", question: "how many?", payload: { stock: 3 }, editable: true },
  });
  expect((await bundle.list(`?status=waiting&executionId=${bundle.id}`)).reviews).toHaveLength(1);
  expect((await bundle.list("?status=approved")).reviews).toEqual([]);
  expect((await bundle.app.get("/v1/reviews", { "X-Treeline-Owner": "eve" })).body).toMatchObject({ reviews: [] });
  expect((await bundle.app.get("/v1/reviews?status=lost")).status).toBe(400);
});

test("takes an answer once: the same again is 200, another one 409", async () => {
  await using bundle = await setup();
  const answer = { decision: "approve", data: 3, message: "three" };
  const asBob = { "X-Treeline-Actor": "bob" };
  const decided = { status: 200, body: { status: "approved", data: 3, message: "three", decidedBy: "bob" } };
  expect(await bundle.app.post(bundle.path, answer, asBob)).toMatchObject(decided);
  expect(await bundle.app.post(bundle.path, answer)).toMatchObject(decided);
  expect(await bundle.app.post(bundle.path, { ...answer, data: 4 })).toMatchObject({
    status: 409,
    body: { code: "conflict", detail: expect.stringContaining("another answer") },
  });
});

test("checks the data of an answer against the question's schema, and says where it misfits", async () => {
  await using bundle = await setup({
    schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
  });
  const refused = (pointer: string) => ({ status: 400, body: { code: "invalid_request", errors: [{ pointer }] } });
  expect(await bundle.app.post(bundle.path, { decision: "approve", data: { n: "x" } })).toMatchObject(
    refused("/data/n"),
  );
  expect(await bundle.app.post(bundle.path, { decision: "approve", data: {} })).toMatchObject(refused("/data"));
  expect(await bundle.app.post(bundle.path, { decision: "approve" })).toMatchObject(refused("/data"));
  expect((await bundle.app.get(bundle.path)).body).toMatchObject({ status: "waiting" });
  expect((await bundle.app.post(bundle.path, { decision: "approve", data: { n: 3 } })).status).toBe(200);
});

test("lets only those answer whom the question names", async () => {
  await using bundle = await setup({ answerers: ["ada", "bob"] });
  expect(bundle.review).toMatchObject({ kind: "question", answerers: ["ada", "bob"] });
  const answer = { decision: "approve", data: 3 };
  const refused = { status: 403, body: { code: "forbidden", detail: expect.stringContaining("ada, bob") } };
  expect(await bundle.app.post(bundle.path, answer)).toMatchObject(refused);
  expect((await bundle.app.get(bundle.path)).body).toMatchObject({ status: "waiting" });
  expect((await bundle.app.post(bundle.path, answer, { "X-Treeline-Actor": "ada" })).status).toBe(200);
  expect(await bundle.app.post(bundle.path, answer, { "X-Treeline-Actor": "eve" })).toMatchObject(refused);
});

test("approves no question from now on, and nothing that is rejected", async () => {
  await using bundle = await setup();
  const refused = { status: 400, body: { errors: [{ pointer: "/autoApprove" }] } };
  expect(await bundle.app.post(bundle.path, { decision: "approve", data: 3, autoApprove: true })).toMatchObject(
    refused,
  );
});

test("knows no review of another owner, and no other decision", async () => {
  await using bundle = await setup();
  expect((await bundle.app.post(bundle.path, { decision: "approve" }, { "X-Treeline-Owner": "eve" })).status).toBe(404);
  expect((await bundle.app.post(bundle.path, { decision: "perhaps" })).status).toBe(400);
  expect((await bundle.app.get("/v1/reviews/nothing")).status).toBe(404);
});
