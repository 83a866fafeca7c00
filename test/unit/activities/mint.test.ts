import { createMint } from "../../../activities/mint";
import { isUuid7 } from "../../../graph/ids";

describe("minted ids", () => {
  test("are UUIDs of version 7, of now, each after the one before", () => {
    const mint = createMint();
    const before = Date.now();
    const ids = Array.from({ length: 5_000 }, mint);
    expect(ids.every(isUuid7)).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
    const first = parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16);
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThanOrEqual(Date.now());
  });

  test("are never the same, also of two mints", () => {
    const [one, other] = [createMint(), createMint()];
    const ids = Array.from({ length: 2_000 }, () => [one(), other()]).flat();
    expect(new Set(ids).size).toBe(4_000);
  });
});
