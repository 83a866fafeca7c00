import { durationFaults, parseDuration, readDuration } from "../../../graph/durations";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["0s", 0],
    ["15s", 15_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["1d1h1m1s1ms", 90_061_001],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "15", "s", "-1s", "1.5s", "1m1h", "1s1s", " 1s", "1 s", "1S", "99999999999999d", "1e3s"])(
    "refuses %j",
    (text) => {
      expect(readDuration(text)).toBeNull();
      expect(() => parseDuration(text)).toThrow(/is not a duration such as "500ms"/);
    },
  );

  test("counts a setting of no length as a fault, and an absent one not", () => {
    expect(durationFaults("/timeout", "0s")).toEqual([
      { pointer: "/timeout", detail: expect.stringContaining("longer than 0") },
    ]);
    expect(durationFaults("/timeout", undefined)).toEqual([]);
  });
});
