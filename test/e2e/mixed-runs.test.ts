import { setupMixedRuns } from "./mixed-runs";

/** All 20 of them: test/soak/kills.test.ts. */
test("a mixed graph whose worker is killed twice ends as an undisturbed one does", async () => {
  await using bundle = await setupMixedRuns();
  const { record } = await bundle.run([]);
  expect(record).toMatchObject({ status: "COMPLETED", executions: 21, charge: 244, booked: 244 });
  expect(record.nodes.reduce((sum, { executions }) => sum + executions, 0)).toBe(200);
  expect((await bundle.run([700, 900])).record).toEqual(record);
  expect(await bundle.faults()).toEqual([]);
});
