import { checkStops } from "../stop/property";

test("any tree, stopped at any node and any moment, also twice, ends with receipts that hold", async () => {
  await expect(checkStops({ numRuns: 16, seed: 20_261_121 })).resolves.toBeUndefined();
}, 180_000);
