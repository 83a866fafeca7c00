import { testApp } from "../support/app";
import { greeter } from "../support/graphs";

async function setup() {
  const app = await testApp();
  const { id } = (await app.post("/v1/graphs", greeter)).body;
  const path = `/v1/graphs/${String(id)}/executions`;
  const start = (key: string, inputs: object = {}) => app.post(path, { inputs }, { "Idempotency-Key": key });
  return {
    ...{ app, path, start },
    count: async () => ((await app.get("/v1/executions")).body["executions"] as unknown[]).length,
    /** As if the process had died after the claim, or after the commit, before it could record its answer. */
    loseAnswers: (ageSeconds: number) =>
      app.db.pool.query(
        "update idempotency_keys set response = null, created_at = least(created_at, now() - $1 * interval '1 second')",
        [ageSeconds],
      ),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

describe("Idempotency-Key", () => {
  test("a repeat gets the first answer, and nothing is started again", async () => {
    await using bundle = await setup();
    const first = await bundle.start("k1", { who: "Ada" });
    const again = await bundle.start("k1", { who: "Ada" });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(await bundle.count()).toBe(1);
  });

  test("is refused with another body or for another graph", async () => {
    await using bundle = await setup();
    await bundle.start("k1");
    const other = await bundle.start("k1", { who: "Bob" });
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency_mismatch" } });
    const { id } = (await bundle.app.post("/v1/graphs", greeter)).body;
    const elsewhere = `/v1/graphs/${String(id)}/executions`;
    const answer = await bundle.app.post(elsewhere, { inputs: {} }, { "Idempotency-Key": "k1" });
    expect(answer).toMatchObject({ status: 422, body: { code: "idempotency_mismatch" } });
    expect(await bundle.count()).toBe(1);
  });

  test("belongs to its owner", async () => {
    await using bundle = await setup();
    await bundle.app.post("/v1/graphs", greeter, { "Idempotency-Key": "k1" });
    const owner = { "Idempotency-Key": "k1", "X-Treeline-Owner": "bob" };
    const bobs = await bundle.app.post("/v1/graphs", { ...greeter, name: "Bob's" }, owner);
    expect(bobs).toMatchObject({ status: 201, body: { name: "Bob's" } });
  });

  test("one of several at once is carried out, the others replay it or are told that it runs", async () => {
    await using bundle = await setup();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => bundle.start("k1")));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body["id"])).size).toBe(1);
    expect(answers.every(({ status, body }) => status === 201 || body["code"] === "conflict")).toBe(true);
    expect(await bundle.count()).toBe(1);
  });

  test("a try whose answer was lost is made again with the same ids, and finds what it had made", async () => {
    await using bundle = await setup();
    await bundle.start("k1");
    await bundle.loseAnswers(60);
    const second = await bundle.start("k1");
    await bundle.loseAnswers(0);
    const third = await bundle.start("k1");
    expect(third).toMatchObject({ status: 201, body: { id: second.body["id"] } });
    expect(await bundle.count()).toBe(2); // the first start, made before its key was moved back in time, and one more
  });

  test("a graph whose answer was lost is found again, with its nested graphs", async () => {
    await using bundle = await setup();
    const save = () => bundle.app.post("/v1/graphs", greeter, { "Idempotency-Key": "g" });
    await save();
    await bundle.loseAnswers(60);
    const second = await save();
    await bundle.loseAnswers(0);
    expect(await save()).toMatchObject({ status: 201, body: second.body });
  });

  test("a first request that still runs answers its repeat with 409", async () => {
    await using bundle = await setup();
    await bundle.start("k1");
    await bundle.loseAnswers(0);
    expect(await bundle.start("k1")).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  test("is free again after a request that made nothing, and after 24 hours", async () => {
    await using bundle = await setup();
    expect(await bundle.start("k1", { nobody: 1 })).toMatchObject({ status: 422 });
    const first = await bundle.start("k1");
    expect(first.status).toBe(201);
    await bundle.app.db.pool.query("update idempotency_keys set created_at = now() - interval '25 hours'");
    const next = await bundle.start("k1", { who: "Bob" });
    expect(next.status).toBe(201);
    expect(next.body["id"]).not.toBe(first.body["id"]);
  });

  test("has 1 to 255 printable characters", async () => {
    await using bundle = await setup();
    for (const key of ["has space", "", "x".repeat(256)]) {
      expect(await bundle.start(key)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    }
  });
});
