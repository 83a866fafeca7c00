import { setupMixedRuns } from "../e2e/mixed-runs";

const runs = 20;

test("20 runs of a mixed graph, each with its worker killed at a random moment, end as an undisturbed one does", async () => {
  await using bundle = await setupMixedRuns();
  await bundle.run([]); // what is compiled and cached first
  const { record, tookMs } = await bundle.run([]);
  const moments: number[] = [];
  for (let run = 0; run < runs; run++) {
    const killAfterMs = Math.round(Math.random() * tookMs);
    moments.push(killAfterMs);
    const killed = await bundle.run([killAfterMs]);
    expect({ killAfterMs, ...killed.record }).toEqual({ killAfterMs, ...record });
  }
  process.stderr.write(
    `undisturbed ${Math.round(tookMs)} ms; killed after ${moments.join(", ")} ms; ${await bundle.attempts()} node executions had another attempt\n`,
  );
  expect(await bundle.faults()).toEqual([]);
}, 3_600_000);
