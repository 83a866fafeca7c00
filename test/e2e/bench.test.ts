import { testFolder } from "../local/folders";
import { runScript } from "../local/programs";

/** One run of each kind: enough to show that both sides do the work, not how fast they are. */
async function setup() {
  const args = ["chain-10", "remote-10", "--repeat", "1", "--scale", "0.01", "--json"];
  const { ended, said } = await runScript("bench/main.ts", args, testFolder());
  const code = await ended;
  const lines = said.filter((line) => line.startsWith('{"case"')).map((line) => JSON.parse(line) as object);
  return { code, lines, said };
}

test("npm run bench measures both sides on servers of its own", async () => {
  const { code, lines, said } = await setup();
  const figure = expect.any(Number);
  const times = { p50Ms: figure, p95Ms: figure };
  const both = { ...times, executionsPerSecond: figure };
  expect({ code, lines, said }).toEqual({
    code: 0,
    lines: [
      expect.objectContaining({ case: "chain-10", treeline: both, rawTemporal: both, ratio: figure, ratios: both }),
      expect.objectContaining({ case: "remote-10", treeline: times, rawTemporal: times, ratio: figure, ratios: times }),
    ],
    said: expect.arrayContaining([expect.stringMatching(/^Treeline beside raw Temporal, \d{4}-/)]),
  });
}, 180_000);
