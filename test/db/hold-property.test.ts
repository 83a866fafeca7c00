import { checkHolds } from "../stop/hold-property";

test("any tree, paused, resumed and stopped at any node in any order, starts nothing while it is held and ends as it should", async () => {
  await expect(checkHolds({ numRuns: 4, seed: 20_261_121 })).resolves.toBeUndefined();
}, 180_000);
